/** How sending goes: what is under way, what became of the last day's replies, and what was alarming. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { AcknowledgeAlert } from "@/components/AcknowledgeAlert";
import { Moment } from "@/components/Moment";
import { ProblemNote } from "@/components/ProblemNote";
import { Skeleton } from "@/components/Skeleton";
import { alertCount } from "@/lib/alerts";
import { alertsQuery, sendingStatusQuery } from "@/lib/api/queries";
import type { Alert, SendingStatus } from "@/lib/api/types";
import { grouped } from "@/lib/format/count";
import { ALERT } from "@/lib/words";
import { MarketplacesCard } from "./MarketplacesCard";
import styles from "./SendingPage.module.css";

interface Figure {
  name: string;
  count: number;
  /** The list behind the number. */
  search?: string;
  isBad?: boolean;
}

export function SendingPage() {
  const status = useQuery(sendingStatusQuery);
  const alerts = useQuery(alertsQuery);
  return (
    <div className={styles.page}>
      <h1>Статус отправки</h1>
      {status.error && <ProblemNote error={status.error} onRetry={() => void status.refetch()} />}
      {!status.data && !status.error && <Skeleton width="60%" />}
      {status.data && (
        <>
          <Figures title="Сейчас" figures={figuresNow(status.data)} />
          <Figures title="Запрошено за 24 часа" figures={figuresOfDay(status.data)} />
          <section className={styles.card} aria-labelledby="failed-last-hour">
            <h2 id="failed-last-hour">Ошибки за последний час</h2>
            {status.data.failed_last_hour.length === 0 && <p className={styles.quiet}>Ошибок не было.</p>}
            <Causes causes={status.data.failed_last_hour} />
          </section>
        </>
      )}
      <section className={styles.card} aria-labelledby="alerts">
        <h2 id="alerts">Тревоги</h2>
        <p className={styles.quiet}>
          Больше трёх неудачных ответов за час — предупреждение, больше пяти — тревога. Проходит сама, когда
          за последний час неудач становится меньше. Если из последних 50 черновиков, по которым за 7 дней
          решали люди, как есть или с малой правкой ушло меньше половины, — тоже предупреждение. О кабинетах:
          площадка не принимает ключ — тревога; раздел не читается час — предупреждение, шесть часов —
          тревога; есть непрочитанные обращения — предупреждение, больше двадцати — тревога. Площадка отвечает
          иначе, чем обычно, — предупреждение. Языковую модель отключают через два месяца — предупреждение,
          через две недели — тревога. Консоль отстаёт от событий на пять минут — предупреждение, на полчаса —
          тревога.
        </p>
        {alerts.error && <ProblemNote error={alerts.error} onRetry={() => void alerts.refetch()} />}
        {alerts.data?.length === 0 && <p>Тревог ещё не было.</p>}
        <ol className={styles.alerts}>
          {alerts.data?.map((alert) => (
            <li key={`${alert.kind} ${alert.raised_at}`}>
              <Told alert={alert} />
            </li>
          ))}
        </ol>
      </section>
      <MarketplacesCard />
    </div>
  );
}

function figuresNow({ now }: SendingStatus): Figure[] {
  return [
    { name: "Ждут отправки", count: now.waiting, search: "status=replying&reply_state=sending" },
    { name: "Отложены", count: now.held, search: "status=held" },
    { name: "Проверяем, дошли ли", count: now.checking, search: "status=replying&reply_state=unknown" },
    { name: "Приняты, ещё не опубликованы", count: now.unconfirmed, search: "reply_state=sent" },
    { name: "Не ушли", count: now.failed, search: "status=failed&reply_state=failed", isBad: true },
    {
      name: "Отклонены модерацией",
      count: now.rejected,
      search: "status=failed&reply_state=rejected",
      isBad: true,
    },
  ];
}

function figuresOfDay({ last_24_hours: day }: SendingStatus): Figure[] {
  return [
    { name: "Всего", count: day.asked },
    { name: "В пути", count: day.open },
    { name: "Приняты площадкой", count: day.sent },
    { name: "Опубликованы", count: day.published },
    { name: "Не ушли", count: day.failed, isBad: true },
    { name: "Отклонены модерацией", count: day.rejected, isBad: true },
    { name: "Отменены", count: day.cancelled },
  ];
}

function Figures({ title, figures }: { title: string; figures: readonly Figure[] }) {
  return (
    <section className={styles.card} aria-label={title}>
      <h2>{title}</h2>
      <dl className={styles.figures}>
        {figures.map(({ name, count, search, isBad }) => (
          <div key={name} className={isBad && count > 0 ? styles.bad : undefined}>
            <dt>{name}</dt>
            <dd>
              {search === undefined ? (
                grouped(count)
              ) : (
                <Link to={`/queue?${search}`} aria-label={`${name}: ${count}`}>
                  {grouped(count)}
                </Link>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Causes({ causes }: { causes: Alert["causes"] }) {
  return (
    <ul className={styles.causes}>
      {causes.map((cause) => (
        <li key={cause.code}>
          <b>{grouped(cause.count)}</b> {cause.message}
        </li>
      ))}
    </ul>
  );
}

function Told({ alert }: { alert: Alert }) {
  return (
    <>
      <p className={alert.ended_at === null ? styles.bad : undefined}>
        <b>{ALERT[alert.severity]}</b>: {alertCount(alert)}
        {" · с "}
        <Moment at={alert.raised_at} isExact />
        {alert.ended_at === null ? (
          " · длится"
        ) : (
          <>
            {" по "}
            <Moment at={alert.ended_at} isExact />
          </>
        )}
      </p>
      <Causes causes={alert.causes} />
      {alert.acknowledged_at !== null && (
        <p className={styles.quiet}>
          В работе: {alert.acknowledged_by}, с <Moment at={alert.acknowledged_at} isExact />
        </p>
      )}
      {alert.ended_at === null && alert.acknowledged_at === null && (
        <div>
          <AcknowledgeAlert alert={alert} />
        </div>
      )}
    </>
  );
}
