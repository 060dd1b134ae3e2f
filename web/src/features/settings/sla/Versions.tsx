/** Who changed the policy when, and the way back to an earlier version. */
import { useQuery } from "@tanstack/react-query";
import { Button } from "@/components/Button";
import { Moment } from "@/components/Moment";
import { ProblemNote } from "@/components/ProblemNote";
import { announce } from "@/lib/announce";
import { slaHistoryQuery } from "@/lib/api/queries";
import type { Sla, SlaVersion } from "@/lib/api/types";
import styles from "./Sla.module.css";
import { differences } from "./differences";

interface VersionsProps {
  /** The version in force. */
  present: number;
  /** Takes an earlier version into the form, where it can be tried and saved. */
  onTake: (sla: Sla) => void;
}

export function Versions({ present, onTake }: VersionsProps) {
  const history = useQuery(slaHistoryQuery);
  if (history.data?.length === 0) return null;
  return (
    <section className={styles.card} aria-labelledby="sla-history">
      <h2 id="sla-history">История изменений</h2>
      <p className={styles.about}>
        Вернуться к версии — значит взять её сроки в форму выше и сохранить: получится новая версия, прежние
        останутся.
      </p>
      {history.error && <ProblemNote error={history.error} onRetry={() => void history.refetch()} />}
      <ol className={styles.changes} aria-label="Версии">
        {history.data?.map((version, at) => (
          <li key={version.version} className={styles.entry}>
            <div className={styles.row}>
              <b>Версия {version.version}</b>
              <Moment at={version.changed_at} isExact />
              <span>{version.who}</span>
              {version.version === present ? (
                <span className={styles.about}>действует</span>
              ) : (
                <Button
                  size="small"
                  onPress={() => {
                    onTake(version.sla);
                    announce(`Сроки версии ${version.version} в форме, ещё не сохранены`);
                  }}
                >
                  Вернуться к версии {version.version}
                </Button>
              )}
            </div>
            <Changed version={version} before={history.data[at + 1]} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Changed({ version, before }: { version: SlaVersion; before: SlaVersion | undefined }) {
  if (before === undefined) return null;
  return <p className={styles.about}>{differences(before.sla, version.sla).join("; ")}</p>;
}
