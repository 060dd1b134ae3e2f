/** When the seller's people work, by weekday. */
import { Choice, type ChoiceOption } from "@/components/Choice";
import { Field } from "@/components/Field";
import { said, WEEKDAYS } from "./form";
import styles from "./Sla.module.css";
import type { PartProps } from "./SlaForm";

const ZONES: readonly ChoiceOption<string>[] = [
  { value: "Europe/Kaliningrad", label: "Калининград" },
  { value: "Europe/Moscow", label: "Москва" },
  { value: "Europe/Minsk", label: "Минск" },
  { value: "Europe/Samara", label: "Самара" },
  { value: "Asia/Yekaterinburg", label: "Екатеринбург" },
  { value: "Asia/Almaty", label: "Алматы" },
  { value: "Asia/Tashkent", label: "Ташкент" },
  { value: "Asia/Omsk", label: "Омск" },
  { value: "Asia/Novosibirsk", label: "Новосибирск" },
  { value: "Asia/Krasnoyarsk", label: "Красноярск" },
  { value: "Asia/Irkutsk", label: "Иркутск" },
  { value: "Asia/Yakutsk", label: "Якутск" },
  { value: "Asia/Vladivostok", label: "Владивосток" },
  { value: "Asia/Magadan", label: "Магадан" },
  { value: "Asia/Kamchatka", label: "Камчатка" },
];

export function Hours({ form, fields, onChange }: PartProps) {
  const isListed = ZONES.some(({ value }) => value === form.zone);
  const zones = isListed ? ZONES : [{ value: form.zone, label: form.zone }, ...ZONES];
  return (
    <section className={styles.card} aria-labelledby="sla-hours">
      <h2 id="sla-hours">Рабочие часы</h2>
      <p className={styles.about}>
        Сколько угодно промежутков через запятую: 09:00–13:00, 14:00–18:00. Пустая строка — выходной,
        00:00–24:00 — весь день, 22:00–06:00 — ночная смена до утра следующего дня.
      </p>
      <div className={styles.row}>
        <span>Часовой пояс</span>
        <Choice
          label="Часовой пояс"
          value={form.zone}
          options={zones}
          onChange={(zone) => onChange({ ...form, zone })}
        />
        {said(fields, "sla.zone") !== undefined && <span>{said(fields, "sla.zone")}</span>}
      </div>
      <div className={styles.week}>
        {WEEKDAYS.map((name, day) => (
          <Field
            key={name}
            label={name}
            value={form.week[day] ?? ""}
            placeholder="выходной"
            onChange={(text) =>
              onChange({ ...form, week: form.week.map((hours, at) => (at === day ? text : hours)) })
            }
            error={said(fields, `sla.week.${day}`)}
          />
        ))}
      </div>
      {fields.has("sla.week") && <p role="alert">{fields.get("sla.week")}</p>}
    </section>
  );
}
