/** Files that go with the message being written: chosen, on their way to the server, refused, or ready to be sent. */
import { CircleAlert, File as FileIcon, Image, Paperclip, X } from "lucide-react";
import { useRef } from "react";
import { limitWords, type FileLimits, type KeptFile, type Upload } from "@/features/interactions/files";
import { IconButton } from "@/components/IconButton";
import { Spinner } from "@/components/Spinner";
import { fileSize } from "@/lib/format/size";
import styles from "./Attachments.module.css";

interface AttachmentsProps {
  files: readonly KeptFile[];
  uploads: readonly Upload[];
  onRemove: (file: KeptFile) => void;
  onDismiss: (key: string) => void;
}

/** The list of them; nothing when there are none. */
export function Attachments({ files, uploads, onRemove, onDismiss }: AttachmentsProps) {
  if (files.length === 0 && uploads.length === 0) return null;
  return (
    <ul className={styles.list} aria-label="Приложенные файлы">
      {files.map((file) => (
        <li key={file.fileId} className={styles.file}>
          {file.isImage ? <Image size={14} aria-hidden="true" /> : <FileIcon size={14} aria-hidden="true" />}
          <span className={styles.name}>{file.name}</span>
          <span className={styles.size}>{fileSize(file.sizeBytes)}</span>
          <IconButton
            label={`Убрать файл: ${file.name}`}
            icon={<X size={13} />}
            onPress={() => onRemove(file)}
          />
        </li>
      ))}
      {uploads.map((upload) => (
        <li key={upload.key} className={styles.file} data-refused={upload.refusal !== undefined || undefined}>
          {upload.refusal === undefined ? <Spinner /> : <CircleAlert size={14} aria-hidden="true" />}
          <span className={styles.name}>{upload.name}</span>
          <span className={styles.size}>{upload.refusal ?? "Загружается..."}</span>
          {upload.refusal !== undefined && (
            <IconButton
              label={`Скрыть отказ: ${upload.name}`}
              icon={<X size={13} />}
              onPress={() => onDismiss(upload.key)}
            />
          )}
        </li>
      ))}
    </ul>
  );
}

/** Opens the choice of files. */
export function AttachButton(props: {
  limits: FileLimits;
  isDisabled: boolean;
  onAdd: (files: File[]) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton
        label={`Приложить файл: ${limitWords(props.limits)}`}
        icon={<Paperclip size={15} />}
        size="normal"
        isDisabled={props.isDisabled}
        onPress={() => input.current?.click()}
      />
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept={props.limits.types.join(",")}
        aria-label="Файлы к сообщению"
        onChange={({ currentTarget }) => {
          props.onAdd([...(currentTarget.files ?? [])]);
          // The same file may be chosen again.
          currentTarget.value = "";
        }}
      />
    </>
  );
}

/** The names of files of a message that is on its way. */
export function FileNames({
  files,
}: {
  files: readonly { name: string; isImage: boolean; sizeBytes: number }[];
}) {
  if (files.length === 0) return null;
  return (
    <ul className={styles.names} aria-label="Вложения">
      {files.map((file, index) => (
        <li key={`${index} ${file.name}`} className={styles.plain}>
          {file.isImage ? <Image size={13} aria-hidden="true" /> : <FileIcon size={13} aria-hidden="true" />}
          <span className={styles.name}>{file.name}</span>
          <span className={styles.size}>{fileSize(file.sizeBytes)}</span>
        </li>
      ))}
    </ul>
  );
}
