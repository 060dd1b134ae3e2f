/** Who changed the seller's own lists when, and the way back to an earlier version. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { Button } from "@/components/Button";
import { Moment } from "@/components/Moment";
import { ProblemNote } from "@/components/ProblemNote";
import { announce } from "@/lib/announce";
import { api, taken } from "@/lib/api/client";
import { guardrailsHistoryQuery } from "@/lib/api/queries";
import type { GuardrailsLists, GuardrailsVersion } from "@/lib/api/types";
import styles from "./Guardrails.module.css";

interface VersionsProps {
  /** The version in force. */
  present: number;
  /** Takes the lists of an earlier version into the form, where they can be tried and saved. */
  onTake: (lists: GuardrailsLists) => void;
}

export function Versions({ present, onTake }: VersionsProps) {
  const history = useQuery(guardrailsHistoryQuery);
  const take = useMutation({
    mutationFn: (version: number) =>
      taken(api.GET("/api/v1/seller/guardrails/history/{version}", { params: { path: { version } } })),
    onSuccess: (lists) => {
      onTake(lists);
      announce(`Списки версии ${lists.version} в форме, ещё не сохранены`);
    },
  });
  if (history.data?.length === 0) return null;
  return (
    <section className={styles.card} aria-labelledby="guardrails-history">
      <h2 id="guardrails-history">История изменений</h2>
      <p className={styles.about}>
        Вернуться к версии — значит взять её списки в форму выше и сохранить: получится новая версия, прежние
        останутся.
      </p>
      {history.error && <ProblemNote error={history.error} onRetry={() => void history.refetch()} />}
      {take.error && <ProblemNote error={take.error} />}
      <ol className={styles.examples} aria-label="Версии">
        {history.data?.map((version) => (
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
                  isPending={take.isPending && take.variables === version.version}
                  onPress={() => take.mutate(version.version)}
                >
                  Вернуться к версии {version.version}
                </Button>
              )}
            </div>
            <Changes version={version} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Changes({ version }: { version: GuardrailsVersion }) {
  const changes = [
    ["Добавлены фразы", version.phrases_added.map(({ text }) => text)],
    ["Убраны фразы", version.phrases_removed.map(({ text }) => text)],
    ["Добавлены исключения", version.exceptions_added],
    ["Убраны исключения", version.exceptions_removed],
  ] as const;
  const told = changes.filter(([, texts]) => texts.length > 0);
  if (told.length === 0) return <p className={styles.about}>Изменился только порядок.</p>;
  return told.map(([name, texts]) => (
    <p key={name} className={styles.about}>
      {name}: {texts.map((text) => `«${text}»`).join(", ")}
    </p>
  ));
}
