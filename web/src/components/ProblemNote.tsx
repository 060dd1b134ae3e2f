/** A failed call where it failed: what happened, what the system does by itself, what you can do. */
import { asProblem } from "@/lib/api/problem";
import { Button } from "./Button";
import { CopyButton } from "./CopyButton";
import { Note } from "./Note";
import styles from "./ProblemNote.module.css";

/** Faults that are ours to mend begin here; what a person can mend alone needs no number to report. */
const REPORTABLE = 500;

interface ProblemNoteProps {
  error: unknown;
  /** Fields whose messages the form shows itself. */
  shownFields?: readonly string[];
  onRetry?: () => void;
}

export function ProblemNote({ error, shownFields = [], onRetry }: ProblemNoteProps) {
  const problem = asProblem(error);
  const rest = problem.fields.filter((entry) => !shownFields.includes(entry.field));
  return (
    <Note
      tone="bad"
      role="alert"
      title={problem.detail}
      actions={
        onRetry && (
          <Button size="small" onPress={onRetry}>
            Повторить
          </Button>
        )
      }
    >
      {rest.length > 0 && (
        <ul className={styles.list}>
          {rest.map((entry) => (
            <li key={`${entry.field} ${entry.message}`}>{entry.message}</li>
          ))}
        </ul>
      )}
      {problem.systemDoes !== null && <p>{problem.systemDoes}</p>}
      {problem.youCan !== null && <p>{problem.youCan}</p>}
      {problem.requestId !== null && problem.status >= REPORTABLE && (
        <p className={styles.request}>
          Номер запроса <code>{problem.requestId}</code>
          <CopyButton text={problem.requestId} label="Скопировать номер запроса" />
        </p>
      )}
    </Note>
  );
}
