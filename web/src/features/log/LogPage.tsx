/** The log of events for its owner: what is kept, what vouches for it, what checks found, and a proof to take away. */
import { useQuery } from "@tanstack/react-query";
import { ScrollText } from "lucide-react";
import { CopyButton } from "@/components/CopyButton";
import { Delayed } from "@/components/Delayed";
import { Empty } from "@/components/Empty";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { logQuery } from "@/lib/api/queries";
import type { LogStanding } from "@/lib/api/types";
import { useNow } from "@/lib/clock";
import { grouped } from "@/lib/format/count";
import { clockTime } from "@/lib/format/time";
import { Age, Facts, State, type Condition } from "./Facts";
import { Checks, ReadModels } from "./Findings";
import {
  concerns,
  isSealLate,
  isSignatureLate,
  sealedTitle,
  signaturesTitle,
  signedTitle,
} from "./log-words";
import { ProofForm } from "./ProofForm";
import styles from "./LogPage.module.css";

const FILE_CONDITION: Readonly<Record<string, Condition>> = {
  agrees: "good",
  differs: "bad",
  unreadable: "warn",
};

export function LogPage() {
  const log = useQuery(logQuery);
  return (
    <div className={styles.page}>
      <h1>Журнал событий</h1>
      <p className={styles.about}>
        Каждое действие — отзыв, черновик, ответ, настройка — записывается событием. События только
        добавляются: их не меняют и не удаляют. Раз в секунду новые события запечатываются цепочкой
        контрольных сумм, раз в несколько минут печати подписываются и подпись сохраняется отдельно от базы.
        Подмену, вставку или пропажу после этого видно.
      </p>
      {log.error && <ProblemNote error={log.error} onRetry={() => void log.refetch()} />}
      {log.isPending && (
        <Delayed>
          <Empty icon={<ScrollText size={24} />} title="Загрузка..." />
        </Delayed>
      )}
      {log.data && <Standing log={log.data} readAt={log.error ? log.dataUpdatedAt : undefined} />}
    </div>
  );
}

interface StandingProps {
  log: LogStanding;
  /** When it was read, if it could not be read again since. */
  readAt: number | undefined;
}

function Standing({ log, readAt }: StandingProps) {
  return (
    <>
      <Verdict log={log} readAt={readAt} />
      <div className={styles.cards}>
        <Kept log={log} />
        <Vouched log={log} />
        <Checks log={log} />
        <ReadModels log={log} />
        <section className={styles.card} aria-labelledby="log-proof">
          <h2 id="log-proof">Доказательство события</h2>
          <p className={styles.about}>
            Файл доказывает, что событие в этом самом виде стояло в журнале, когда журнал подписали. Проверить
            его может кто угодно без доступа к нам: <code>agentiq verify --proof ФАЙЛ</code>. Имена и тексты
            покупателей в нём зашифрованы.
          </p>
          <ProofForm events={log.events} signed={log.events - log.unsigned} />
        </section>
      </div>
    </>
  );
}

function Verdict({ log, readAt }: StandingProps) {
  const now = useNow();
  const found = concerns(log, now);
  if (found.length === 0 && readAt !== undefined) {
    return <p className={styles.about}>Данные на {clockTime(readAt, now)}: тогда нарушений не было видно.</p>;
  }
  if (found.length === 0) {
    return (
      <div className={styles.verdict}>
        <Note tone="good" role="status" title="Нарушений не видно">
          <p>Страница обновляется сама.</p>
        </Note>
      </div>
    );
  }
  return (
    <ul className={styles.verdict} aria-label="Что не так">
      {found.map(({ tone, title, text, section }) => (
        <li key={title}>
          <Note tone={tone} title={title}>
            <p>{text}</p>
            <p>
              Что делать администратору: <code>docs/operations.md</code>, абзац «{section}»
            </p>
          </Note>
        </li>
      ))}
    </ul>
  );
}

function Kept({ log }: { log: LogStanding }) {
  const { erasures } = log;
  return (
    <section className={styles.card} aria-labelledby="log-kept">
      <h2 id="log-kept">Что записано</h2>
      <Facts>
        <State name="Событий">{grouped(log.events)}, номера без пропусков</State>
        <State name="Первое">{log.first_event_at === null ? "нет" : <Age at={log.first_event_at} />}</State>
        <State name="Последнее">{log.last_event_at === null ? "нет" : <Age at={log.last_event_at} />}</State>
        <State name="Место хранения" condition={log.default_partition_in_use ? "warn" : "good"}>
          журнал {log.log}, {log.default_partition_in_use ? "занят запасной раздел" : "место подготовлено"}
        </State>
        <State name="Удалены данные покупателей" {...(erasures.open > 0 && { condition: "warn" as const })}>
          {grouped(erasures.done)}
          {erasures.last_at !== null && (
            <>
              , последний раз <Age at={erasures.last_at} />
            </>
          )}
          {erasures.open > 0 && `; ещё не закончено: ${grouped(erasures.open)}, завершится само`}
        </State>
      </Facts>
    </section>
  );
}

function Vouched({ log }: { log: LogStanding }) {
  const { sealed, signed, signatures } = log;
  const now = useNow();
  const key = signed?.public_key ?? null;
  const condition = (open: number, isLate: boolean): Condition =>
    isLate ? "warn" : open === 0 ? "good" : "wait";
  return (
    <section className={styles.card} aria-labelledby="log-vouched">
      <h2 id="log-vouched">Чем защищено</h2>
      <Facts>
        <State name="Печать" condition={condition(log.unsealed, isSealLate(log, now))}>
          {sealedTitle(log)}
          {sealed && (
            <>
              {" "}
              · последняя <Age at={sealed.at} />, место {grouped(sealed.position)}
            </>
          )}
        </State>
        <State name="Подпись" condition={condition(log.unsigned, isSignatureLate(log, now))}>
          {signedTitle(log)}
          {signed && (
            <>
              {" "}
              · последняя <Age at={signed.at} />, место {grouped(signed.position)}
            </>
          )}
        </State>
        <State name="Файл подписей" condition={FILE_CONDITION[signatures.file] ?? "wait"}>
          {signaturesTitle(signatures)}
          {signatures.last_signed_at !== null && (
            <>
              {" "}
              · последняя строка <Age at={signatures.last_signed_at} />
            </>
          )}
        </State>
        {key !== null && (
          <State name="Открытый ключ">
            <code className={styles.key}>{key}</code>
            <CopyButton text={key} label="Скопировать открытый ключ" />
          </State>
        )}
      </Facts>
    </section>
  );
}
