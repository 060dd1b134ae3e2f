/** Files that go with a message: which the marketplace takes, their way to the server, and what is left of them here. */
import { useState } from "react";
import { announce } from "@/lib/announce";
import { api, intended } from "@/lib/api/client";
import { asProblem } from "@/lib/api/problem";
import type { Interaction, Reply } from "@/lib/api/types";
import { counted } from "@/lib/format/count";
import { fileSize } from "@/lib/format/size";

/** Most files that are put to one message here; where the marketplace takes one at a time, each is a message of its own. */
const COUNT_MAX = 10;

/** A file that the server keeps, for a day, until it is sent. */
export interface KeptFile {
  fileId: string;
  name: string;
  isImage: boolean;
  sizeBytes: number;
}

/** A file that is not with the server: on its way, or refused. */
export interface Upload {
  key: string;
  name: string;
  /** Why it was not taken. */
  refusal: string | undefined;
}

export type FileLimits = NonNullable<Interaction["limits"]["files"]>;

const TYPE_NAMES: Record<string, string> = {
  "image/jpeg": "JPEG",
  "image/png": "PNG",
  "application/pdf": "PDF",
};

/** "JPEG, PNG, PDF, до 5 МБ" */
export function limitWords(limits: FileLimits): string {
  const types = limits.types.map((type) => TYPE_NAMES[type] ?? type).join(", ");
  return `${types}, до ${fileSize(limits.size_bytes_max)}`;
}

/** Why a file cannot be taken, before it goes anywhere; the server also looks into it. */
export function refusalOf(file: File, limits: FileLimits, among: readonly { sizeBytes: number }[]) {
  const types = limits.types.map((type) => TYPE_NAMES[type] ?? type).join(", ");
  if (!limits.types.includes(file.type)) return `Площадка принимает только ${types}.`;
  if (file.size > limits.size_bytes_max)
    return `В файле ${fileSize(file.size)}, площадка принимает до ${fileSize(limits.size_bytes_max)}.`;
  if (among.length >= countMax(limits))
    return `За один раз можно приложить ${counted(countMax(limits), ["файл", "файла", "файлов"])}.`;
  const together = among.reduce((sum, { sizeBytes }) => sum + sizeBytes, file.size);
  if (limits.with_text && together > limits.total_bytes_max)
    return `Вместе файлы больше ${fileSize(limits.total_bytes_max)}, столько площадка не примет.`;
  return undefined;
}

function countMax(limits: FileLimits): number {
  return limits.with_text ? Math.min(limits.count_max, COUNT_MAX) : COUNT_MAX;
}

/** What goes out as one message. */
export interface OneMessage {
  text: string;
  files: KeptFile[];
}

/** Messages that words and files become: one where the marketplace takes them together, otherwise one after another. */
export function messagesOf(
  text: string,
  files: readonly KeptFile[],
  limits: FileLimits | null | undefined,
): [OneMessage, ...OneMessage[]] {
  if (files.length === 0 || !limits || limits.with_text) return [{ text, files: [...files] }];
  const [first, ...others] = files.map((file): OneMessage => ({ text: "", files: [file] }));
  const words = { text, files: [] };
  if (!first) return [words];
  return text === "" ? [first, ...others] : [words, first, ...others];
}

/** The files of a reply that came to nothing; the server keeps them for a day. */
export function keptFiles(reply: Reply): KeptFile[] {
  return reply.files.map((file) => ({
    fileId: file.file_id,
    name: file.name,
    isImage: file.is_image,
    sizeBytes: file.size_bytes,
  }));
}

/** Uploads files of an item. What arrived is handed to `onKept`; it goes on when the screen moves to another item. */
export function useUploads(item: Interaction, kept: readonly KeptFile[], onKept: (file: KeptFile) => void) {
  const id = item.interaction_id;
  const [uploads, setUploads] = useState<{ of: string; list: Upload[] }>({ of: id, list: [] });
  const list = uploads.of === id ? uploads.list : [];
  const change = (more: (list: Upload[]) => Upload[]) =>
    setUploads((now) => ({ of: id, list: more(now.of === id ? now.list : []) }));

  const upload = async (file: File, key: string) => {
    try {
      const answer = await intended(`file.${id}.${key}`, { name: file.name, size: file.size }, (intent) =>
        api.POST("/api/v1/interactions/{id}/files", {
          // The description knows bytes only as a list of numbers.
          body: file as unknown as number[],
          bodySerializer: (body) => body as unknown as File,
          params: {
            path: { id },
            header: { "Idempotency-Key": intent, "X-File-Name": encodeURIComponent(file.name) },
          },
          headers: { "Content-Type": "application/octet-stream" },
        }),
      );
      change((now) => now.filter((each) => each.key !== key));
      onKept({
        fileId: answer.file_id,
        name: answer.name,
        isImage: answer.media_type.startsWith("image/"),
        sizeBytes: answer.size_bytes,
      });
      announce(`Файл приложен: ${answer.name}`);
    } catch (error) {
      const refusal = asProblem(error).detail;
      change((now) => now.map((each) => (each.key === key ? { ...each, refusal } : each)));
      announce(`Файл не приложен: ${file.name}. ${refusal}`);
    }
  };

  const add = (files: readonly File[]) => {
    const limits = item.limits.files;
    if (!limits) return;
    const among: { sizeBytes: number }[] = [
      ...kept,
      ...list.filter(isOnItsWay).map(() => ({ sizeBytes: 0 })),
    ];
    const fresh = files.map((file) => {
      const refusal = refusalOf(file, limits, among);
      if (refusal === undefined) among.push({ sizeBytes: file.size });
      else announce(`Файл не приложен: ${file.name}. ${refusal}`);
      return { file, upload: { key: crypto.randomUUID(), name: file.name, refusal } };
    });
    change((now) => [...now.filter(isOnItsWay), ...fresh.map(({ upload }) => upload)]);
    for (const { file, upload: each } of fresh) if (each.refusal === undefined) void upload(file, each.key);
  };

  return {
    uploads: list,
    isUploading: list.some(isOnItsWay),
    add,
    dismiss: (key: string) => change((now) => now.filter((each) => each.key !== key)),
  };
}

function isOnItsWay({ refusal }: Upload): boolean {
  return refusal === undefined;
}
