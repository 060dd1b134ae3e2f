/** A labelled line of text with its help and its error. */
import { FieldError, Input, Label, Text, TextField, type TextFieldProps } from "react-aria-components";
import styles from "./Field.module.css";

interface FieldProps extends Omit<TextFieldProps, "className" | "style" | "children"> {
  label: string;
  help?: string;
  error?: string | undefined;
  suffix?: string;
  /** What an empty line means. */
  placeholder?: string;
  inputRef?: React.Ref<HTMLInputElement>;
}

export function Field({ label, help, error, suffix, placeholder, inputRef, ...props }: FieldProps) {
  return (
    <TextField
      {...props}
      isInvalid={error !== undefined}
      // The server's refusal is shown, but must not keep the form from being sent again.
      validationBehavior={error === undefined ? "native" : "aria"}
      className={styles.field ?? ""}
    >
      <Label className={styles.label ?? ""}>{label}</Label>
      <span className={styles.box}>
        <Input
          className={styles.input ?? ""}
          {...(placeholder === undefined ? {} : { placeholder })}
          {...(inputRef ? { ref: inputRef } : {})}
        />
        {suffix !== undefined && <span className={styles.suffix}>{suffix}</span>}
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
