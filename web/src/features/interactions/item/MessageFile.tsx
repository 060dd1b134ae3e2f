/** What is attached to a message: named, and fetched only when somebody asks for it. */
import { useMutation } from "@tanstack/react-query";
import { Download, File, Image } from "lucide-react";
import { Button } from "@/components/Button";
import { CopyButton } from "@/components/CopyButton";
import { ProblemNote } from "@/components/ProblemNote";
import { api, taken } from "@/lib/api/client";
import type { Message } from "@/lib/api/types";
import { saveFile } from "@/lib/save";
import { fileSize } from "@/lib/format/size";
import styles from "./MessageBubble.module.css";

interface MessageFileProps {
  interactionId: string;
  messageId: string;
  file: Message["files"][number];
  /** Which of the message's files it is, from 0. */
  index: number;
}

export function MessageFile({ interactionId, messageId, file, index }: MessageFileProps) {
  const name = file.name || (file.is_image ? `Фото ${index + 1}` : `Файл ${index + 1}`);
  const Icon = file.is_image ? Image : File;
  const fetched = useMutation({
    mutationFn: async () => {
      const path = { id: interactionId, message_id: messageId, n: index };
      const body = await taken(
        api.GET("/api/v1/interactions/{id}/files/{message_id}/{n}", { params: { path }, parseAs: "blob" }),
      );
      saveFile(body, name);
    },
  });
  return (
    <li>
      <div className={styles.file}>
        <Icon size={13} aria-hidden="true" />
        {isWebAddress(file.address) ? (
          <a href={file.address} target="_blank" rel="noopener noreferrer" className={styles.name}>
            {name}
          </a>
        ) : (
          <span className={styles.name}>{name}</span>
        )}
        {file.size_bytes != null && <span className={styles.size}>{fileSize(file.size_bytes)}</span>}
        {isWebAddress(file.address) && (
          <CopyButton text={file.address} label={`Скопировать адрес: ${name}`} />
        )}
        {!isWebAddress(file.address) && file.address !== "" && (
          <Button
            size="small"
            weight="ghost"
            icon={<Download size={13} />}
            aria-label={`Скачать: ${name}`}
            isPending={fetched.isPending}
            onPress={() => fetched.mutate()}
          >
            Скачать
          </Button>
        )}
      </div>
      {fetched.error && <ProblemNote error={fetched.error} />}
    </li>
  );
}

/** Only such an address is opened: some marketplaces give an id instead, and nothing else may be run. */
function isWebAddress(address: string): boolean {
  return /^https:\/\//i.test(address);
}
