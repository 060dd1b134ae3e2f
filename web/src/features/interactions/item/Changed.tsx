/** Says that the item has changed while the operator was writing; the operator's text stays. */
import { Button } from "@/components/Button";
import { CopyButton } from "@/components/CopyButton";
import { Note } from "@/components/Note";
import { useNow } from "@/lib/clock";
import { clockTime } from "@/lib/format/time";
import type { Interaction } from "@/lib/api/types";
import type { Editor } from "./useEditor";
import styles from "./Conversation.module.css";

export function Changed({ item, editor }: { item: Interaction; editor: Editor }) {
  const now = useNow();
  const { unsent, purpose } = editor;
  const { reply } = item;
  if (!unsent || unsent.text.trim() === "") return null;

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
