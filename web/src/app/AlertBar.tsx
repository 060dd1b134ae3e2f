/** The bars over all pages while something is wrong: how much of it, why, and the way to it. */
import { useQuery } from "@tanstack/react-query";
import { CircleAlert, TriangleAlert } from "lucide-react";
import { Link } from "react-router";
import { AcknowledgeAlert } from "@/components/AcknowledgeAlert";
import { alertCount, alertReasons } from "@/lib/alerts";
import { alertsQuery } from "@/lib/api/queries";
import type { Alert } from "@/lib/api/types";
import styles from "./AccessBar.module.css";

export function AlertBar() {
  const alerts = (useQuery(alertsQuery).data ?? []).filter(
    // Lost access has a bar of its own, which names the accounts.
    (alert) => alert.ended_at === null && alert.acknowledged_at === null && alert.kind !== "access_lost",
  );
  return (
    <div role="alert">
      {alerts.map((alert) => (
        <div
          key={alert.kind}
          className={alert.severity === "critical" ? styles.bar : `${styles.bar} ${styles.soon}`}
        >
          {alert.severity === "critical" ? (
            <CircleAlert size={16} aria-hidden="true" />
          ) : (
            <TriangleAlert size={16} aria-hidden="true" />
          )}
          <Told alert={alert} />
          <AcknowledgeAlert alert={alert} />
        </div>
      ))}
    </div>
  );
}

function Told({ alert }: { alert: Alert }) {
  switch (alert.kind) {
    case "failed_replies":
      return (
        <>
          <Words what={`${alertCount(alert)} за час.`} alert={alert} />
          <Link to="/queue?status=failed">К ним</Link>
          <Link to="/sending">Статус отправки</Link>
        </>
      );
    case "accept_rate_low":
      return (
        <>
          <Words
            what="Черновики редко подходят: меньше половины последних ушли как есть или с малой правкой."
            alert={alert}
          />
          <Link to="/learning">Разобрать</Link>
          <Link to="/quality?days=7">Качество черновиков</Link>
        </>
      );
    case "reading_behind":
      return (
        <>
          <Words what={`${alertCount(alert)} больше часа: новых обращений оттуда нет.`} alert={alert} />
          <Link to="/accounts">Кабинеты</Link>
        </>
      );
    case "items_unread":
      return (
        <>
          <Words
            what={`${alertCount(alert)}: площадка дала их не так, как обычно. Они сохранены.`}
            alert={alert}
          />
          <Link to="/accounts">Кабинеты</Link>
        </>
      );
    case "marketplace_changed":
      return (
        <>
          <Words what="Площадки отвечают иначе, чем обычно." alert={alert} />
          <Link to="/sending#marketplaces">Что изменилось</Link>
        </>
      );
    case "model_ending":
      return (
        <Words
          what="Языковая модель отключается: без неё черновики пишутся по шаблонам. Назовите другую модель в настройках сервера."
          alert={alert}
        />
      );
    case "read_models_behind":
      return (
        <Words what="Консоль отстаёт: показано не всё, что произошло. События сохранены." alert={alert} />
      );
    case "access_lost":
      return null;
  }
}

function Words({ what, alert }: { what: string; alert: Alert }) {
  return (
    <span>
      <b>{what}</b> {alertReasons(alert)}
    </span>
  );
}
