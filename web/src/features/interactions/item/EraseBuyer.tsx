/** Erases the buyer's data for good, or says that it was done and gives the act. */
import { useState } from "react";
import { Form } from "react-aria-components";
import { Button } from "@/components/Button";
import { Choice } from "@/components/Choice";
import { Dialog } from "@/components/Dialog";
import { Field } from "@/components/Field";
import { Note } from "@/components/Note";
import { ProblemNote } from "@/components/ProblemNote";
import { announce } from "@/lib/announce";
import { asProblem } from "@/lib/api/problem";
import type { Channel, Interaction } from "@/lib/api/types";
import { GROUNDS, type Ground } from "@/lib/words";
import styles from "./EraseBuyer.module.css";
import { useEraseBuyer } from "./erasure";

export function EraseBuyer({ item }: { item: Interaction }) {
  const [isAsked, setAsked] = useState(false);
  if (item.erased) {
    return (
      <Note
        tone="info"
        title="Данные покупателя удалены"
        actions={
          <a
            className={styles.act}
            href={`/api/v1/interactions/${item.interaction_id}/erasure`}
            download={`erasure-${item.interaction_id}.json`}
          >
            Скачать акт
          </a>
        }
      >
        Имя, тексты и вложения больше никто не прочитает. История событий сохранена без них.
      </Note>
    );
  }
  return (
    <div className={styles.place}>
      <Button onPress={() => setAsked(true)}>Удалить данные покупателя</Button>
      <Dialog title="Удалить данные покупателя?" isOpen={isAsked} isAlert onClose={() => setAsked(false)}>
        <EraseForm item={item} onDone={() => setAsked(false)} />
      </Dialog>
    </div>
  );
}

/** What is left at the marketplace. */
const REMAINS: Record<Channel, string> = {
  review: "отзыв и ответ останутся",
  question: "вопрос и ответ останутся",
  chat: "переписка останется",
};

function EraseForm({ item, onDone }: { item: Interaction; onDone: () => void }) {
  const [ground, setGround] = useState<Ground>("persons_request");
  const [reference, setReference] = useState("");
  const erase = useEraseBuyer(item.interaction_id);
  const problem = erase.error ? asProblem(erase.error) : undefined;
  return (
    <Form
      className={styles.form ?? ""}
      onSubmit={(event) => {
        event.preventDefault();
        erase.mutate(
          { ground, reference: reference.trim() || null },
          {
            onSuccess: () => {
              announce("Данные покупателя удалены");
              onDone();
            },
          },
        );
      }}
    >
      <p>
        Имя покупателя, его слова, фотографии, черновики и тексты ответов по этому обращению будут удалены
        отовсюду, включая журнал событий. Отменить это нельзя, ответить отсюда будет невозможно. На площадке
        {` ${REMAINS[item.channel]}.`}
        {item.order_id != null && " Заявки на возврат по этому заказу удаляют отдельно, в «Возвратах»."}
      </p>
      <Choice label="Основание" value={ground} options={GROUNDS} onChange={setGround} />
      <Field
        label="Номер запроса"
        name="reference"
        help="Необязательно. Без имени: номер хранится всегда."
        value={reference}
        onChange={setReference}
        error={problem?.field("reference")}
      />
      {problem && <ProblemNote error={problem} shownFields={["reference"]} />}
      <Button weight="primary" type="submit" isPending={erase.isPending}>
        {erase.isPending ? "Удаляем..." : "Удалить навсегда"}
      </Button>
    </Form>
  );
}
