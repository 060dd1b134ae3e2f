/** Says that the item has changed while the operator was writing; the operator's text stays. */
import { Button } from "@/components/Button";
import { CopyButton } from "@/components/CopyButton";
import { Note } from "@/components/Note";
import { useNow } from "@/lib/clock";
import { clockTime } from "@/lib/format/time";
import type { Interaction, Message } from "@/lib/api/types";
import { authorOf } from "./authors";
import { lastOfBuyer } from "./chat-feed";
import type { Editor } from "./useEditor";
import styles from "./Conversation.module.css";

interface ChangedProps {
  item: Interaction;
  userId: string;
  editor: Editor;
}

export function Changed({ item, userId, editor }: ChangedProps) {
  const now = useNow();
  const { unsent, purpose } = editor;
  const { reply } = item;
  if (!unsent || unsent.text.trim() === "") return null;
  if (item.chat)
    return <ChangedChat item={item} messages={item.chat.messages} userId={userId} editor={editor} />;

  if (reply && reply.reply_id !== unsent.baseReplyId && reply.text.trim() !== unsent.text.trim()) {
    const at = clockTime(reply.sent_at ?? reply.requested_at, now);
    const title =
      reply.kind === "observed"
        ? `Пока вы писали, на обращение ответили вне AgentIQ (${at})`
        : `Пока вы писали, на обращение уже ответили (${at})`;
    return (
      <Note
        tone="warn"
        role="alert"
        title={title}
        actions={
          purpose === undefined ? (
            <Button size="small" onPress={editor.discard}>
              Удалить мой текст
            </Button>
          ) : (
            <Button size="small" onPress={editor.acknowledge}>
              Понятно
            </Button>
          )
        }
      >
        <p>Ответ — выше. Ваш текст сохранён{purpose === undefined ? ":" : "."}</p>
        {purpose === undefined && (
          <p className={styles.kept}>
            <span>{unsent.text}</span>
            <CopyButton text={unsent.text} label="Скопировать мой текст" />
          </p>
        )}
      </Note>
    );
  }
  if (item.content.revisions !== unsent.baseRevisions) {
    return (
      <Note
        tone="warn"
        role="alert"
        title="Покупатель изменил обращение, пока вы писали"
        actions={
          <Button size="small" onPress={editor.acknowledge}>
            Перечитал
          </Button>
        }
      >
        <p>Проверьте, подходит ли ваш текст.</p>
      </Note>
    );
  }
  return null;
}

/** In a chat one's own messages are no news, and what was said meanwhile stands above. */
function ChangedChat({ item, messages, userId, editor }: ChangedProps & { messages: readonly Message[] }) {
  const { unsent } = editor;
  const { reply } = item;
  if (!unsent) return null;
  const isOthers =
    reply !== null && reply.reply_id !== unsent.baseReplyId && authorOf(reply, userId) !== "Вы";
  const hasWritten = unsent.baseMessageId !== undefined && lastOfBuyer(messages) !== unsent.baseMessageId;
  if (!isOthers && !hasWritten) return null;
  return (
    <Note
      tone="warn"
      role="alert"
      title={
        isOthers
          ? `Пока вы писали, покупателю ${reply.automatic ? "ответила автоматика" : "ответил другой оператор"}`
          : "Пока вы писали, покупатель прислал новое сообщение"
      }
      actions={
        <Button size="small" onPress={editor.acknowledge}>
          Перечитал
        </Button>
      }
    >
      <p>Проверьте, подходит ли ваш текст.</p>
    </Note>
  );
}
