/** What checks of the whole log and the nightly audit found, and how far what is shown has come. */
import { Link } from "react-router";
import type { LogStanding } from "@/lib/api/types";
import { grouped } from "@/lib/format/count";
import { Age, Facts, State } from "./Facts";
import { auditResult, checkName, checkResult, lagWords, modelName } from "./log-words";
import styles from "./LogPage.module.css";

export function Checks({ log }: { log: LogStanding }) {
  return (
    <section className={styles.card} aria-labelledby="log-checks">
      <h2 id="log-checks">Что нашли проверки</h2>
      {log.checks.length === 0 ? (
        <p className={styles.about}>
          Полную проверку ещё не запускали. Администратор запускает её командой <code>agentiq verify</code>,
          можно в любое время.
        </p>
      ) : (
        <Facts>
          {log.checks.map((check) => (
            <State key={check.check} name={checkName(check.check)} condition={check.sound ? "good" : "bad"}>
              {checkResult(check)} · <Age at={check.at} />
            </State>
          ))}
        </Facts>
      )}
      <h3>Ночная сверка показанного с журналом</h3>
      {log.audits.length === 0 ? (
        <p className={styles.about}>
          Каждую ночь сверяются несколько продавцов, выбранных случайно; до вас очередь ещё не дошла.
        </p>
      ) : (
        <Facts>
          {log.audits.map((audit) => (
            <State key={audit.model} name={modelName(audit.model)} condition={audit.sound ? "good" : "bad"}>
              {auditResult(audit)} · <Age at={audit.at} />
            </State>
          ))}
        </Facts>
      )}
    </section>
  );
}

export function ReadModels({ log }: { log: LogStanding }) {
  return (
    <section className={styles.card} aria-labelledby="log-models">
      <h2 id="log-models">Что показано из журнала</h2>
      <Facts>
        {log.read_models.map(({ model, position, lag_seconds }) => (
          <State key={model} name={modelName(model)} condition={lag_seconds < 1 ? "good" : "wait"}>
            {lagWords(lag_seconds)} · место {grouped(position)} из {grouped(log.position)}
          </State>
        ))}
      </Facts>
      {log.parked.length > 0 && (
        <>
          <h3>Показано не полностью</h3>
          <Facts>
            {log.parked.map((parked) => (
              <State
                key={`${parked.model} ${parked.stream_id}`}
                name={modelName(parked.model)}
                condition="warn"
              >
                <ParkedStream parked={parked} /> · с <Age at={parked.since} /> ·{" "}
                {parked.retried ? "пробуем снова при запуске" : "ждёт новой версии программы"}
              </State>
            ))}
          </Facts>
        </>
      )}
    </section>
  );
}

function ParkedStream({ parked }: { parked: LogStanding["parked"][number] }) {
  switch (parked.stream_type) {
    case "interaction":
      return <Link to={`/queue/${parked.stream_id}`}>обращение</Link>;
    case "claim":
      return <Link to={`/claims/${parked.stream_id}`}>заявка на возврат</Link>;
    case "account":
      return <Link to="/accounts">кабинет</Link>;
    default:
      return <Link to="/settings">настройки</Link>;
  }
}
