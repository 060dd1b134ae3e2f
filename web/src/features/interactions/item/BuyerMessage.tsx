/** What the buyer wrote, as text only: nothing of it is a link, an image or markup. */
import { Image, ThumbsDown, ThumbsUp, Video } from "lucide-react";
import { CopyButton } from "@/components/CopyButton";
import { Moment } from "@/components/Moment";
import type { Interaction } from "@/lib/api/types";
import { counted, type Forms } from "@/lib/format/count";
import styles from "./BuyerMessage.module.css";

const REVISIONS: Forms = ["правка", "правки", "правок"];

export function BuyerMessage({ item }: { item: Interaction }) {
  const { content } = item;
  const isEmpty = !content.text && !content.pros && !content.cons;
  return (
    <section className={styles.message} aria-label="Сообщение покупателя">
      <p className={styles.meta}>
        <b>{item.buyer_name || "Покупатель"}</b>
        <Moment at={content.occurred_at} isExact />
        {content.revisions > 0 && <span>изменён покупателем: {counted(content.revisions, REVISIONS)}</span>}
      </p>
      {content.text && <p className={styles.text}>{content.text}</p>}
      {content.pros && (
        <p className={styles.part}>
          <span className={styles.good}>
            <ThumbsUp size={13} aria-hidden="true" /> Достоинства
          </span>
          <span className={styles.text}>{content.pros}</span>
        </p>
      )}
      {content.cons && (
        <p className={styles.part}>
          <span className={styles.bad}>
            <ThumbsDown size={13} aria-hidden="true" /> Недостатки
          </span>
          <span className={styles.text}>{content.cons}</span>
        </p>
      )}
      {isEmpty && (
        <p className={styles.none}>
          {item.erased
            ? "Данные покупателя удалены. Прочитать их больше нельзя."
            : "Покупатель поставил оценку без текста."}
        </p>
      )}
      {(content.photos.length > 0 || content.video_url) && (
        <ul className={styles.files} aria-label="Вложения">
          {content.photos.map((url, index) => (
            <Attachment key={url} icon={<Image size={13} />} name={`Фото ${index + 1}`} url={url} />
          ))}
          {content.video_url && (
            <Attachment icon={<Video size={13} />} name="Видео" url={content.video_url} />
          )}
        </ul>
      )}
    </section>
  );
}

function Attachment({ icon, name, url }: { icon: React.ReactNode; name: string; url: string }) {
  return (
    <li className={styles.file}>
      <span aria-hidden="true">{icon}</span>
      {name}
      <span className={styles.url}>{url}</span>
      <CopyButton text={url} label={`Скопировать адрес: ${name}`} />
    </li>
  );
}
