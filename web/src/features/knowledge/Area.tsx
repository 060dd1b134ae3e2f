/** A labelled text of several lines with its help and its error. */
import { FieldError, Label, Text, TextArea, TextField } from "react-aria-components";
import styles from "./Knowledge.module.css";

interface AreaProps {
  label: string;
  help?: string;
  error?: string | undefined;
  value: string;
  onChange: (value: string) => void;
  isLong?: boolean;
}

export function Area({ label, help, error, value, onChange, isLong = false }: AreaProps) {
  return (
    <TextField
      className={`${styles.area} ${isLong ? styles.long : ""}`}
      value={value}
      onChange={onChange}
      isInvalid={error !== undefined}
      validationBehavior="aria"
    >
      <Label>{label}</Label>
      <TextArea />
      {help !== undefined && (
        <Text slot="description" className={styles.about ?? ""}>
          {help}
        </Text>
      )}
      <FieldError className={styles.error ?? ""}>{error}</FieldError>
    </TextField>
  );
}
