/** Erases the buyer's data for good, or says that it was done and gives the act. */
import { EraseButton, ErasedNote } from "@/components/Erasure";
import type { Channel, Interaction } from "@/lib/api/types";
import { useEraseBuyer } from "./erasure";
import styles from "./EraseBuyer.module.css";

/** What is left at the marketplace. */
const REMAINS: Record<Channel, string> = {
  review: "отзыв и ответ останутся",
  question: "вопрос и ответ останутся",
  chat: "переписка останется",
};

export function EraseBuyer({ item }: { item: Interaction }) {
  const erase = useEraseBuyer(item.interaction_id);
  if (item.erased) {
    return (
      <ErasedNote of="interactions" id={item.interaction_id}>
        Имя, тексты и вложения больше никто не прочитает. История событий сохранена без них.
      </ErasedNote>
    );
  }
  return (
    <div className={styles.place}>
      <EraseButton erase={erase}>
        Имя покупателя, его слова, фотографии, черновики и тексты ответов по этому обращению будут удалены
        отовсюду, включая журнал событий. Отменить это нельзя, ответить отсюда будет невозможно. На площадке
        {` ${REMAINS[item.channel]}.`}
        {item.order_id != null && " Заявки на возврат по этому заказу удаляют отдельно, в «Возвратах»."}
      </EraseButton>
    </div>
  );
}
