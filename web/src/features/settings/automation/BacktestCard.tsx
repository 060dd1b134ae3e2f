/** What history says of the rules as they stand in the form. */
import { Link } from "react-router";
import { Button } from "@/components/Button";
import { Choice } from "@/components/Choice";
import card from "@/features/settings/SettingsPage.module.css";
import type { Backtest } from "@/lib/api/types";
import { counted, grouped } from "@/lib/format/count";
import { exactTime } from "@/lib/format/time";
import styles from "./Automation.module.css";

const PERIODS = [
  { value: "7", label: "За 7 дней" },
  { value: "30", label: "За 30 дней" },
  { value: "90", label: "За 90 дней" },
  { value: "365", label: "За год" },
] as const;

const DEED: Record<string, string> = {
  edited: "отправили с правкой",
  other_text: "отправили другой текст",
  dismissed: "отклонили",
};

interface BacktestCardProps {
  days: number;
  onDays: (days: number) => void;
  isSound: boolean;
  isPending: boolean;
  onCheck: () => void;
  /** The last one of exactly these rules. */
  found: Backtest | undefined;
  isInForce: boolean;
  /** Replies go out by themselves now. */
  isAutomatic: boolean;
  /** These are the rules in force. */
  isKept: boolean;
  isSettling: boolean;
  onSettle: (id: string) => void;
}

export function BacktestCard({ found, isInForce, ...props }: BacktestCardProps) {
  // Rules that replies go out by have been checked already: to rest them on another check would stop them.
  const isNeeded = !isInForce && !(props.isAutomatic && props.isKept);
  const canRest = found !== undefined && found.agreement_percent !== null && isNeeded;
  return (
    <section className={card.card} aria-labelledby="automation-history">
      <h2 id="automation-history">Проверка на истории</h2>
      <p className={card.about}>
        Правила из формы примеряются к прошлым черновикам: сколько ушло бы без человека и что с ними на самом
        деле сделали люди. Ничего не отправляется.
      </p>
      <div className={card.row}>
        <Choice
          label="Период"
          value={String(props.days) as (typeof PERIODS)[number]["value"]}
          options={PERIODS}
          onChange={(value) => props.onDays(Number(value))}
        />
        <Button isPending={props.isPending} isDisabled={!props.isSound} onPress={props.onCheck}>
          Проверить
        </Button>
      </div>
      {found ? <Found found={found} /> : <p className={card.about}>Эти правила ещё не проверяли.</p>}
      {canRest && (
        <div className={card.row}>
          <Button
            weight="primary"
            isPending={props.isSettling}
            onPress={() => props.onSettle(found.backtest_id)}
          >
            Сохранить с этой проверкой
          </Button>
          <span className={card.about}>
            Ступень станет «Проверка на истории»
            {props.isAutomatic ? ", сами ответы уходить перестанут." : "."}
          </span>
        </div>
      )}
      {isInForce && <p className={card.about}>Действующие правила опираются на эту проверку.</p>}
    </section>
  );
}

function Found({ found }: { found: Backtest }) {
  const { auto_send: sent, need_approval: approved, escalate } = found;
  const judged = sent.all - sent.unanswered - sent.unmeasured;
  return (
    <>
      <p className={card.about}>
        Проверено {exactTime(found.made_at)}: {counted(found.drafts, ["черновик", "черновика", "черновиков"])}{" "}
        с {exactTime(found.since)} по {exactTime(found.until)}
      </p>
      <dl className={styles.figures}>
        <Figure name="Ушли бы без человека" value={grouped(sent.all)} />
        <Figure name="На одобрение" value={grouped(approved.all)} />
        <Figure name="Решает человек" value={grouped(escalate.all)} />
        <Figure
          name={`Люди согласны (из ${grouped(judged)})`}
          value={found.agreement_percent === null ? "неизвестно" : `${found.agreement_percent} %`}
        />
        <Figure
          name={`Сэкономлено, по ${found.seconds_per_reply} с на ответ`}
          value={`${grouped(found.minutes_saved)} мин`}
        />
      </dl>
      <p className={card.about}>
        Из ушедших бы: без правок {sent.as_it_was}, правка меньше 10 % {sent.slight}, больше {sent.edited},
        другой текст {sent.other_text}, отклонено {sent.dismissed}, без ответа {sent.unanswered}, стёрто{" "}
        {sent.unmeasured}.
      </p>
      {found.left_out > 0 && (
        <p className={card.about}>Не вошло обращений: {grouped(found.left_out)}. Их записи не читаются.</p>
      )}
      {found.worst.length > 0 && (
        <>
          <h3>Где люди поступили иначе</h3>
          <ul className={styles.worst}>
            {found.worst.map((case_) => (
              <li key={case_.draft_id}>
                <Link to={`/queue/${case_.interaction_id}`}>{exactTime(case_.proposed_at)}</Link>:{" "}
                {DEED[case_.deed] ?? case_.deed}
                {case_.changed_percent !== null && `, изменено ${case_.changed_percent} %`}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
