/** Phrases that replies must not have, or had better not. */
import { Plus, Trash2 } from "lucide-react";
import { Button } from "@/components/Button";
import { Choice } from "@/components/Choice";
import { Field } from "@/components/Field";
import { IconButton } from "@/components/IconButton";
import type { Channel } from "@/lib/api/types";
import styles from "./Guardrails.module.css";
import { CHANNELS, SEVERITIES, withEntry, type Entry, type Lists } from "./lists";

export interface ListProps {
  lists: Lists;
  /** What the server has against single lines, by their names there. */
  fields: ReadonlyMap<string, string>;
  onChange: (lists: Lists) => void;
}

export function Phrases({ lists, fields, onChange }: ListProps) {
  const set = (key: number, part: Partial<Entry>) =>
    onChange({
      ...lists,
      entries: lists.entries.map((entry) => (entry.key === key ? { ...entry, ...part } : entry)),
    });
  return (
    <section className={styles.card} aria-labelledby="guardrails-phrases">
      <h2 id="guardrails-phrases">Фразы магазина</h2>
      <p className={styles.about}>
        Слова ищутся целиком и во всех формах: «скидка» найдёт «скидку» и «скидками», но не «скидочный».
        Внутри других слов ничего не ищется.
      </p>
      {lists.entries.length === 0 && <p className={styles.about}>Пока ни одной.</p>}
      {lists.entries.map((entry, at) => (
        <fieldset key={entry.key} className={styles.entry}>
          <legend className={styles.legend}>Фраза {at + 1}</legend>
          <div className={styles.fields}>
            <Field
              label="Фраза"
              value={entry.text}
              maxLength={100}
              onChange={(text) => set(entry.key, { text })}
              error={fields.get(`phrases.${at}.text`)}
            />
            <Field
              label="Что писать вместо неё"
              value={entry.instead}
              maxLength={300}
              onChange={(instead) => set(entry.key, { instead })}
              error={fields.get(`phrases.${at}.instead`)}
            />
          </div>
          <div className={styles.row}>
            <Choice
              label={`Что делать с фразой ${at + 1}`}
              value={entry.severity}
              options={SEVERITIES}
              onChange={(severity) => set(entry.key, { severity })}
            />
            <Channels entry={entry} onChange={(channels) => set(entry.key, { channels })} />
            <IconButton
              label={`Убрать фразу ${at + 1}`}
              icon={<Trash2 size={16} />}
              onPress={() =>
                onChange({ ...lists, entries: lists.entries.filter(({ key }) => key !== entry.key) })
              }
            />
          </div>
        </fieldset>
      ))}
      <div>
        <Button icon={<Plus size={14} />} onPress={() => onChange(withEntry(lists))}>
          Добавить фразу
        </Button>
      </div>
    </section>
  );
}

function Channels({ entry, onChange }: { entry: Entry; onChange: (channels: Channel[]) => void }) {
  return CHANNELS.map(({ value, label }) => (
    <label key={value} className={styles.check}>
      <input
        type="checkbox"
        checked={entry.channels.includes(value)}
        onChange={({ target }) => {
          const others = entry.channels.filter((one) => one !== value);
          onChange(target.checked ? [...others, value] : others);
        }}
      />
      {label}
    </label>
  ));
}
