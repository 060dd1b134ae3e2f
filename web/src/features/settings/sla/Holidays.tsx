/** Dates that are different from the week. */
import { Plus, Trash2 } from "lucide-react";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { IconButton } from "@/components/IconButton";
import { said, withHoliday, type TypedHoliday } from "./form";
import styles from "./Sla.module.css";
import type { PartProps } from "./SlaForm";

export function Holidays({ form, fields, onChange }: PartProps) {
  const set = (key: number, part: Partial<TypedHoliday>) =>
    onChange({
      ...form,
      holidays: form.holidays.map((holiday) => (holiday.key === key ? { ...holiday, ...part } : holiday)),
    });
  return (
    <section className={styles.card} aria-labelledby="sla-holidays">
      <h2 id="sla-holidays">Праздники и особые дни</h2>
      <p className={styles.about}>
        В эти даты вместо обычных часов действуют свои. Без часов — не работаем весь день.
      </p>
      {form.holidays.map((holiday, at) => (
        <div key={holiday.key} className={styles.holiday}>
          <Field
            label={`Дата ${at + 1}`}
            type="date"
            value={holiday.date}
            onChange={(date) => set(holiday.key, { date })}
            error={fields.get(`date.${holiday.key}`)}
          />
          <Field
            label="Часы"
            value={holiday.intervals}
            placeholder="не работаем"
            onChange={(intervals) => set(holiday.key, { intervals })}
            error={said(fields, `sla.holidays.${holiday.date}`)}
          />
          <IconButton
            label={`Убрать дату ${at + 1}`}
            icon={<Trash2 size={16} />}
            onPress={() =>
              onChange({ ...form, holidays: form.holidays.filter(({ key }) => key !== holiday.key) })
            }
          />
        </div>
      ))}
      {fields.has("sla.holidays") && <p role="alert">{fields.get("sla.holidays")}</p>}
      <div>
        <Button icon={<Plus size={14} />} onPress={() => onChange(withHoliday(form))}>
          Добавить дату
        </Button>
      </div>
    </section>
  );
}
