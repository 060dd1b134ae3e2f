/** The seller's keyword rules, in the order in which they are asked. */
import { ArrowUp, Plus, Trash2 } from "lucide-react";
import { Button } from "@/components/Button";
import { Choice } from "@/components/Choice";
import { Field } from "@/components/Field";
import { IconButton } from "@/components/IconButton";
import { CHANNELS, PRIORITY } from "@/lib/words";
import { PRIORITY_ORDER, said, withRule, type TypedRule } from "./form";
import styles from "./Sla.module.css";
import type { PartProps } from "./SlaForm";

const PLACES = [
  { value: "any", label: "Везде" },
  { value: "review", label: CHANNELS.review },
  { value: "question", label: CHANNELS.question },
  { value: "chat", label: CHANNELS.chat },
] as const;

const PRIORITIES = PRIORITY_ORDER.map((value) => ({ value, label: PRIORITY[value] }));

export function RuleList({ form, fields, onChange }: PartProps) {
  const set = (key: number, part: Partial<TypedRule>) =>
    onChange({ ...form, rules: form.rules.map((rule) => (rule.key === key ? { ...rule, ...part } : rule)) });
  const raise = (at: number) => {
    const rules = [...form.rules];
    rules.splice(at - 1, 0, ...rules.splice(at, 1));
    onChange({ ...form, rules });
  };
  return (
    <section className={styles.card} aria-labelledby="sla-rules">
      <h2 id="sla-rules">Правила по словам</h2>
      <p className={styles.about}>
        Решает первое правило, чьи слова есть у покупателя, во всех формах: «вернуть» найдёт «верните». Звёзды
        важнее слов: отзыв с 1–3 звёздами правило делает только срочнее, а в отзывах с 4–5 звёздами не
        действует.
      </p>
      {form.rules.length === 0 && <p className={styles.about}>Правил нет: решает таблица выше.</p>}
      {form.rules.map((rule, at) => (
        <fieldset key={rule.key} className={styles.entry}>
          <legend className={styles.legend}>Правило {at + 1}</legend>
          <div className={styles.fields}>
            <Field
              label="Слова и фразы через запятую"
              value={rule.phrases}
              onChange={(phrases) => set(rule.key, { phrases })}
              error={said(fields, `sla.rules.${at}.phrases`)}
            />
            <Field
              label="Ответить за"
              inputMode="numeric"
              suffix="мин"
              value={rule.minutes}
              onChange={(minutes) => set(rule.key, { minutes })}
              error={said(fields, `sla.rules.${at}.minutes`)}
            />
          </div>
          <div className={styles.row}>
            <Choice
              label={`Где действует правило ${at + 1}`}
              value={rule.channel}
              options={PLACES}
              onChange={(channel) => set(rule.key, { channel })}
            />
            <Choice
              label={`Срочность по правилу ${at + 1}`}
              value={rule.priority}
              options={PRIORITIES}
              onChange={(priority) => set(rule.key, { priority })}
            />
            {at > 0 && (
              <IconButton
                label={`Поднять правило ${at + 1}`}
                icon={<ArrowUp size={16} />}
                onPress={() => raise(at)}
              />
            )}
            <IconButton
              label={`Убрать правило ${at + 1}`}
              icon={<Trash2 size={16} />}
              onPress={() => onChange({ ...form, rules: form.rules.filter(({ key }) => key !== rule.key) })}
            />
          </div>
        </fieldset>
      ))}
      {fields.has("sla.rules") && <p role="alert">{fields.get("sla.rules")}</p>}
      <div>
        <Button icon={<Plus size={14} />} onPress={() => onChange(withRule(form))}>
          Добавить правило
        </Button>
      </div>
    </section>
  );
}
