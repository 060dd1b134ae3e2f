/** What a recipient hears of, and when. */
import { Choice } from "@/components/Choice";
import { Field } from "@/components/Field";
import styles from "@/features/settings/SettingsPage.module.css";
import { LEAST, quietFault, type Typed } from "./form";

const QUIET = [
  { value: "on", label: "Есть" },
  { value: "off", label: "Нет" },
] as const;

interface WishFieldsProps {
  form: Typed;
  zone: string;
  onChange: (form: Typed) => void;
}

export function WishFields({ form, zone, onChange }: WishFieldsProps) {
  return (
    <>
      <div className={styles.row}>
        <span className={styles.name}>О чём сообщать</span>
        <Choice
          label="О чём сообщать"
          value={form.least}
          options={LEAST}
          onChange={(least) => onChange({ ...form, least })}
        />
      </div>
      {form.least === "warning" && (
        <div className={styles.row}>
          <span className={styles.name}>Тихие часы</span>
          <Choice
            label="Тихие часы"
            value={form.isQuiet ? "on" : "off"}
            options={QUIET}
            onChange={(value) => onChange({ ...form, isQuiet: value === "on" })}
          />
        </div>
      )}
      {form.least === "warning" && form.isQuiet && (
        <>
          <div className={styles.row}>
            <Field label="С" type="time" value={form.from} onChange={(from) => onChange({ ...form, from })} />
            <Field
              label="До"
              type="time"
              value={form.to}
              onChange={(to) => onChange({ ...form, to })}
              error={quietFault(form)}
            />
          </div>
          <p className={styles.about}>
            По часам магазина ({zone}). В тихие часы приходят только срочные тревоги; о том, что к их концу
            ещё не прошло, сообщим сразу после.
          </p>
        </>
      )}
    </>
  );
}
