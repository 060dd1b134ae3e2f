/** A labelled text of several lines, with its help and its error. */
import { FieldError, Label, Text, TextArea, TextField } from "react-aria-components";
import styles from "./Field.module.css";

interface LinesProps {
  label: string;
  help?: string;
  error?: string | undefined;
  value: string;
  onChange: (value: string) => void;
  /** How many are seen before it is made larger. */
  rows?: number;
}

export function Lines({ label, help, error, value, onChange, rows = 3 }: LinesProps) {
  return (
    <TextField
      value={value}
      onChange={onChange}
      isInvalid={error !== undefined}
      validationBehavior={error === undefined ? "native" : "aria"}
      className={styles.field ?? ""}
    >
      <Label className={styles.label ?? ""}>{label}</Label>
      <span className={styles.box}>
        <TextArea className={`${styles.input} ${styles.lines}`} rows={rows} />
      </span>
      {help !== undefined && (
        <Text slot="description" className={styles.help ?? ""}>
          {help}
        </Text>
      )}
      <FieldError className={styles.error ?? ""}>{error}</FieldError>
    </TextField>
  );
}
