/** Words that the rules about the seller's own voice let pass. */
import { Plus, Trash2 } from "lucide-react";
import { Button } from "@/components/Button";
import { Field } from "@/components/Field";
import { IconButton } from "@/components/IconButton";
import styles from "./Guardrails.module.css";
import { withException } from "./lists";
import type { ListProps } from "./Phrases";

export function Exceptions({ lists, fields, onChange }: ListProps) {
  const set = (key: number, text: string) =>
    onChange({
      ...lists,
      exceptions: lists.exceptions.map((one) => (one.key === key ? { ...one, text } : one)),
    });
  return (
    <section className={styles.card} aria-labelledby="guardrails-exceptions">
      <h2 id="guardrails-exceptions">Исключения</h2>
      <p className={styles.about}>
        Слова и фразы, которые общие правила пропустят: «робот» в магазине роботов-пылесосов. Контакты,
        подарки за отзыв и грубость исключить нельзя: за них наказывают маркетплейсы.
      </p>
      {lists.exceptions.length === 0 && <p className={styles.about}>Пока ни одного.</p>}
      {lists.exceptions.map((exception, at) => (
        <div key={exception.key} className={styles.exception}>
          <Field
            label={`Исключение ${at + 1}`}
            value={exception.text}
            maxLength={100}
            onChange={(text) => set(exception.key, text)}
            error={fields.get(`exceptions.${at}`)}
          />
          <IconButton
            label={`Убрать исключение ${at + 1}`}
            icon={<Trash2 size={16} />}
            onPress={() =>
              onChange({
                ...lists,
                exceptions: lists.exceptions.filter(({ key }) => key !== exception.key),
              })
            }
          />
        </div>
      ))}
      <div>
        <Button icon={<Plus size={14} />} onPress={() => onChange(withException(lists))}>
          Добавить исключение
        </Button>
      </div>
    </section>
  );
}
