/** How long each priority may wait, by whose clock, and what is different at night. */
import { Choice } from "@/components/Choice";
import { Field } from "@/components/Field";
import type { Priority } from "@/lib/api/types";
import { PRIORITY } from "@/lib/words";
import { PRIORITY_ORDER, said } from "./form";
import styles from "./Sla.module.css";
import type { PartProps } from "./SlaForm";

const WHAT: Record<Priority, string> = {
  urgent: "Брак и не тот товар в чате, жалобы на товар с 1–2 звёздами",
  high: "1–2 звезды, доставка и вопросы до покупки в чате, вопросы о размере",
  normal: "3 звезды, остальные вопросы",
  low: "4–5 звёзд, благодарности",
};

const CLOCKS = [
  { value: "working_time", label: "По рабочим часам" },
  { value: "wall_clock", label: "Без остановки, как у площадки" },
] as const;

const SHIFTS = [
  { value: "3", label: "На 3 уровня срочнее" },
  { value: "2", label: "На 2 уровня срочнее" },
  { value: "1", label: "На уровень срочнее" },
  { value: "0", label: "Той же срочности" },
  { value: "-1", label: "На уровень спокойнее" },
  { value: "-2", label: "На 2 уровня спокойнее" },
  { value: "-3", label: "На 3 уровня спокойнее" },
] as const;

export function Matrix({ form, fields, onChange }: PartProps) {
  return (
    <section className={styles.card} aria-labelledby="sla-matrix">
      <h2 id="sla-matrix">Сколько можно ждать ответа</h2>
      <p className={styles.about}>
        Срочность видна из звёзд и слов покупателя. Срок идёт с первых слов, на которые никто не ответил.
      </p>
      <div className={styles.fields}>
        {PRIORITY_ORDER.map((priority) => (
          <Field
            key={priority}
            label={PRIORITY[priority]}
            help={WHAT[priority]}
            inputMode="numeric"
            suffix="мин"
            value={form.minutes[priority]}
            onChange={(text) => onChange({ ...form, minutes: { ...form.minutes, [priority]: text } })}
            error={said(fields, `sla.minutes.${priority}`)}
          />
        ))}
      </div>
      <div className={styles.row}>
        <span>Время идёт</span>
        <Choice
          label="Как идёт время"
          value={form.clock}
          options={CLOCKS}
          onChange={(clock) => onChange({ ...form, clock })}
        />
      </div>
      <div className={styles.fields}>
        <Field
          label="Предупредить до срока"
          help="За столько минут обращение без ответа станет срочным."
          inputMode="numeric"
          suffix="мин"
          value={form.warnBeforeMinutes}
          onChange={(warnBeforeMinutes) => onChange({ ...form, warnBeforeMinutes })}
          error={said(fields, "sla.warn_before_minutes")}
        />
        <Field
          label="Срок того, что пришло вне рабочих часов"
          help="В процентах от обычного: 100 — такой же, 150 — в полтора раза дольше."
          inputMode="numeric"
          suffix="%"
          value={form.factorPercent}
          onChange={(factorPercent) => onChange({ ...form, factorPercent })}
          error={said(fields, "sla.off_hours.factor_percent")}
        />
      </div>
      <div className={styles.row}>
        <span>Пришедшее вне рабочих часов</span>
        <Choice
          label="Срочность вне рабочих часов"
          value={shiftOf(form.levelShift)}
          options={SHIFTS}
          onChange={(levelShift) => onChange({ ...form, levelShift })}
        />
        {said(fields, "sla.off_hours.level_shift") !== undefined && (
          <span>{said(fields, "sla.off_hours.level_shift")}</span>
        )}
      </div>
    </section>
  );
}

function shiftOf(text: string): (typeof SHIFTS)[number]["value"] {
  return SHIFTS.find(({ value }) => value === text)?.value ?? "0";
}
