/** Where a reply is written: the text, its length, why it cannot be sent, and the two ways to send it. */
import { CornerDownLeft, Send } from "lucide-react";
import { useEffect, useRef } from "react";
import { TextArea, TextField } from "react-aria-components";
import type { KeptFile, Upload } from "@/features/interactions/files";
import type { Purpose } from "@/features/interactions/unsent";
import { Button } from "@/components/Button";
import type { Interaction } from "@/lib/api/types";
import { grouped } from "@/lib/format/count";
import { AttachButton, Attachments } from "./Attachments";
import type { Verdict } from "./composer-rules";
import { CHANNEL_WORDS } from "./channel-words";
import { Findings } from "./Findings";
import { Marks } from "./Marks";
import { SendLater } from "./SendLater";
import type { ReplyCheck } from "./useReplyCheck";
import styles from "./Composer.module.css";

interface ComposerProps {
  item: Interaction;
  purpose: Purpose;
  text: string;
  verdict: Verdict;
  check: ReplyCheck;
  isSending: boolean;
  /** Nothing can be written at all. */
  isDisabled: boolean;
  /** Changes when the editor should take the focus. */
  focusRequest: number;
  files: readonly KeptFile[];
  uploads: readonly Upload[];
  onAttach: (files: readonly File[]) => void;
  onRemoveFile: (file: KeptFile) => void;
  onDismissUpload: (key: string) => void;
  onText: (text: string) => void;
  onSend: (andNext: boolean) => void;
  onSendLater: ((at: string) => void) | undefined;
  onCancel: (() => void) | undefined;
  onKeepDraft: (() => void) | undefined;
}

export function Composer(props: ComposerProps) {
  const { item, purpose, text, verdict, check, isSending, focusRequest, onText, onSend } = props;
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const editor = area.current;
    if (focusRequest === 0 || !editor) return;
    editor.focus();
    editor.setSelectionRange(editor.value.length, editor.value.length);
  }, [focusRequest]);

  const words = CHANNEL_WORDS[item.channel];
  const isOver = verdict.length > item.limits.max_chars;
  const fileLimits = purpose === "answer" && !props.isDisabled ? item.limits.files : null;
  const attach = (transfer: DataTransfer, event: React.SyntheticEvent) => {
    if (!fileLimits || transfer.files.length === 0) return;
    event.preventDefault();
    props.onAttach([...transfer.files]);
  };
  return (
    <div
      className={styles.composer}
      onPaste={(event) => attach(event.clipboardData, event)}
      onDragOver={(event) =>
        fileLimits && event.dataTransfer.types.includes("Files") && event.preventDefault()
      }
      onDrop={(event) => attach(event.dataTransfer, event)}
    >
      <TextField
        aria-label={purpose === "edit" ? "Новый текст ответа" : words.editor}
        value={text}
        onChange={onText}
        isDisabled={props.isDisabled}
        isInvalid={verdict.isInvalid}
      >
        <div className={styles.field}>
          {check.isOfText && <Marks text={text} found={check.found} area={area} />}
          <TextArea
            ref={area}
            className={styles.area ?? ""}
            placeholder={words.placeholder}
            aria-describedby="composer-state composer-findings"
            rows={item.chat ? 2 : 4}
            data-compact={item.chat !== null || undefined}
          />
        </div>
      </TextField>
      <Findings found={check.found} />
      <Attachments
        files={props.files}
        uploads={props.uploads}
        onRemove={props.onRemoveFile}
        onDismiss={props.onDismissUpload}
      />
      <div className={styles.foot}>
        <p className={styles.state} id="composer-state">
          <span className={isOver ? styles.over : undefined}>
            {grouped(verdict.length)} / {grouped(item.limits.max_chars).replace(/\s/g, "")}
          </span>
          {verdict.length === 0 && verdict.reason === undefined && (
            <span className={styles.hint}>
              <kbd>Ctrl</kbd> + <kbd>Enter</kbd> — отправить
            </span>
          )}
          {verdict.reason !== undefined && (
            <span className={verdict.isInvalid ? styles.reason : undefined} role="status">
              {verdict.reason}
            </span>
          )}
        </p>
        <div className={styles.actions}>
          {fileLimits && <AttachButton limits={fileLimits} isDisabled={isSending} onAdd={props.onAttach} />}
          {props.onCancel && (
            <Button weight="ghost" onPress={props.onCancel}>
              Отменить
            </Button>
          )}
          {props.onKeepDraft && (
            <Button weight="ghost" onPress={props.onKeepDraft} isDisabled={!verdict.canSend || isSending}>
              Сохранить черновик
            </Button>
          )}
          {purpose === "answer" && props.onSendLater && (
            <SendLater isDisabled={!verdict.canSend || isSending} onSend={props.onSendLater} />
          )}
          {purpose === "answer" && (
            <Button
              icon={<CornerDownLeft size={14} />}
              isDisabled={!verdict.canSend || isSending}
              onPress={() => onSend(true)}
              aria-keyshortcuts="Control+Shift+Enter"
            >
              Отправить и следующий
            </Button>
          )}
          <Button
            weight="primary"
            icon={<Send size={14} />}
            isPending={isSending}
            isDisabled={!verdict.canSend}
            onPress={() => onSend(false)}
            aria-keyshortcuts="Control+Enter"
          >
            {isSending ? "Отправка..." : purpose === "edit" ? "Отправить правку" : "Отправить"}
          </Button>
        </div>
      </div>
    </div>
  );
}
