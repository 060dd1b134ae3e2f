/** Which drafts could go out without a person, and how many. */
import { Choice } from "@/components/Choice";
import { Field } from "@/components/Field";
import styles from "@/features/settings/SettingsPage.module.css";
import { CHANNELS, INTENT, INTENT_ORDER } from "@/lib/words";
import { CHANNEL_ORDER, PILOT, type Typed, type Way } from "./form";

const SWITCH = [
  { value: "on", label: "Можно" },
  { value: "off", label: "Нельзя" },
] as const;

const WAYS: readonly { value: Way; label: string }[] = [
  { value: "allowed", label: "Можно без человека" },
  { value: "approval", label: "Одобряет человек" },
  { value: "handoff", label: "Решает только человек" },
];

type Numbers = Exclude<keyof Typed, "channels" | "ways">;

interface RuleFieldsProps {
  form: Typed;
  faults: Partial<Record<keyof Typed, string>>;
  onChange: (part: Partial<Typed>) => void;
}

export function RuleFields({ form, faults, onChange }: RuleFieldsProps) {
  const number = (name: Numbers, label: string, more: { suffix?: string; help?: string } = {}) => (
    <Field
      label={label}
      inputMode="numeric"
      {...more}
      value={form[name]}
      onChange={(text) => onChange({ [name]: text })}
      error={faults[name]}
    />
  );
  return (
    <>
      <section className={styles.card} aria-labelledby="automation-where">
        <h2 id="automation-where">Где и о чём</h2>
        <p className={styles.about}>
          Без человека может уйти только то, что не к спеху, прошло правила ответов и где люди ещё не писали.
          Это не меняется.
        </p>
        {CHANNEL_ORDER.map((channel) => (
          <div key={channel} className={styles.row}>
            <span className={styles.name}>{CHANNELS[channel]}</span>
            <Choice
              label={CHANNELS[channel]}
              value={form.channels[channel] ? "on" : "off"}
              options={SWITCH}
              onChange={(value) => onChange({ channels: { ...form.channels, [channel]: value === "on" } })}
            />
          </div>
        ))}
        {INTENT_ORDER.map((intent) => (
          <div key={intent} className={styles.row}>
            <span className={styles.name}>{INTENT[intent]}</span>
            <Choice
              label={INTENT[intent]}
              value={form.ways[intent]}
              options={WAYS}
              onChange={(way) => onChange({ ways: { ...form.ways, [intent]: way } })}
            />
          </div>
        ))}
        {number("ratingMin", "Звёзд в отзыве не меньше")}
      </section>
      <section className={styles.card} aria-labelledby="automation-sure">
        <h2 id="automation-sure">Насколько уверенно</h2>
        {number("autoFrom", "Порог отправки", { suffix: "%", help: "Ниже него черновик одобряет человек." })}
        {number("escalateBelow", "Порог передачи человеку", {
          suffix: "%",
          help: "Ниже него решает только человек.",
        })}
      </section>
      <section className={styles.card} aria-labelledby="automation-pace">
        <h2 id="automation-pace">Сколько</h2>
        <p className={styles.about}>
          Что сверх лимита, ждёт человека. В пилоте не больше {PILOT.per_hour} в час и {PILOT.per_day} в день,
          и отменить можно не меньше {PILOT.hold_seconds} с.
        </p>
        {number("perHour", "Ответов в час")}
        {number("perDay", "Ответов в день")}
        {number("holdSeconds", "Можно отменить в течение", { suffix: "с", help: "От 10 до 3600." })}
      </section>
    </>
  );
}
