/** Sending and editing replies, so that one intent reaches the marketplace once and its outcome is seen wherever one is. */
import { useMutation, useMutationState, useQueryClient } from "@tanstack/react-query";
import { announce } from "@/lib/announce";
import { api, intendedOn } from "@/lib/api/client";
import { asProblem, type Problem } from "@/lib/api/problem";
import { keys, refreshItem } from "@/lib/api/queries";
import type { Interaction, NewReply, Reply } from "@/lib/api/types";
import { messagesOf, type KeptFile } from "./files";
import { placeRow } from "./list/rows";
import { keepUnsent, unsentText, type Purpose } from "./unsent";

export interface SendReply {
  id: string;
  user: string;
  buyer: string;
  purpose: Purpose;
  text: string;
  /** Files that go with it. */
  files: KeptFile[];
  /** Of what takes several messages, those that are not sent yet: they come back when one fails. */
  left: { text: string; files: KeptFile[] };
  limits: Interaction["limits"];
  draftId?: string | undefined;
  /** What the operator had seen: if something came in since, the server refuses. */
  basis: number;
  /** When to send it; at once unless given. */
  sendAt?: string | undefined;
  /** The item's newest reply as it was sent, to tell whether the server knows a newer one. */
  after: string | null;
  /** In a chat the editor is free for the next message while this one is on its way. */
  isChat: boolean;
}

/** What is known of the last send of an item from this tab. */
export interface Attempt {
  attemptId: number;
  status: "pending" | "error" | "success";
  sent: SendReply;
  problem: Problem | undefined;
}

const SENT_WORDS: Record<Reply["state"], string> = {
  held: "Ответ отложен, его можно отменить",
  cancelled: "Ответ не отправлен",
  sending: "Ответ отправляется",
  sent: "Отправлено",
  published: "Отправлено и опубликовано",
  failed: "Ошибка отправки",
  rejected: "Ответ заблокирован",
  unknown: "Не знаем, дошло ли. Проверяем",
};

/** The same of a message in a chat. */
const SAID_WORDS: Record<Reply["state"], string> = {
  ...SENT_WORDS,
  held: "Сообщение отложено, его можно отменить",
  cancelled: "Сообщение не отправлено",
  sending: "Сообщение отправляется",
  published: "Отправлено и доставлено",
  rejected: "Сообщение заблокировано",
};

const REJECTED_WORDS: Record<Reply["state"], string> = {
  held: "Отклонение отложено, его можно отменить",
  cancelled: "Вопрос не отклонён",
  sending: "Вопрос отклоняется",
  sent: "Вопрос отклонён",
  published: "Вопрос отклонён",
  failed: "Вопрос не отклонён",
  rejected: "Вопрос не отклонён",
  unknown: "Не знаем, отклонён ли вопрос. Проверяем",
};

/** Sends or edits a reply. It goes on when the screen moves to another item. */
export function useSendReply() {
  const client = useQueryClient();
  return useMutation({
    mutationKey: ["reply"],
    mutationFn: async (sent: SendReply) => {
      const { id, purpose, text, draftId, basis, sendAt } = sent;
      const path = { id };
      if (purpose === "edit") {
        return intendedOn(`reply.edit.${id}`, { text }, basis, (key, seen) =>
          api.PATCH("/api/v1/interactions/{id}/reply", {
            body: { text, basis: seen },
            params: { path, header: { "Idempotency-Key": key } },
          }),
        );
      }
      const [first, ...others] = messagesOf(text, sent.files, sent.limits.files);
      const send = (message: { text: string; files: KeptFile[] }, number: number) => {
        const body: NewReply = { text: message.text };
        if (sendAt !== undefined) body.send_at = sendAt;
        // The second of several messages cannot wait for the first one's second thoughts.
        if (others.length > 0) body.hold_seconds = 0;
        if (draftId !== undefined) body.draft_id = draftId;
        if (message.files.length > 0) body.file_ids = message.files.map((file) => file.fileId);
        // Each of several messages is one more thing that the next one's author knows of.
        return intendedOn(`reply.answer.${id}`, body, basis + number, (key, seen) =>
          api.POST("/api/v1/interactions/{id}/reply", {
            body: { ...body, basis: seen },
            params: { path, header: { "Idempotency-Key": key } },
          }),
        );
      };
      let answer = await send(first, 0);
      for (const [number, message] of others.entries()) {
        sent.left = { text: "", files: others.slice(number).flatMap(({ files }) => files) };
        answer = await send(message, number + 1);
      }
      return answer;
    },
    onMutate: ({ id, user, purpose, text, files, isChat }) => {
      const unsent = unsentText(user, purpose, id);
      if (isChat && unsent?.text.trim() === text && (unsent.files?.length ?? 0) === files.length)
        keepUnsent(user, purpose, id, undefined);
    },
    onSuccess: async ({ reply, cursor }, sent) => {
      const { id, user, purpose, isChat } = sent;
      announce((isChat ? SAID_WORDS : SENT_WORDS)[reply.state]);
      // The text is the server's now, unless the outcome gives it back for correction.
      const isGivenBack = isBack(reply);
      if (isChat && isGivenBack) giveBack(sent);
      if (!isChat && !isGivenBack) keepUnsent(user, purpose, id, undefined);
      const item = await refreshItem(client, id, cursor);
      placeRow(client, item);
      rebase(user, purpose, item);
      await client.invalidateQueries({ queryKey: keys.history(id) });
    },
    onError: async (error, sent) => {
      const { id, user, purpose, buyer, isChat } = sent;
      if (isChat) giveBack(sent);
      announce(
        `${isChat ? "Сообщение не отправлено" : "Ответ не отправлен"}: ${buyer}. ${asProblem(error).detail}`,
      );
      try {
        const item = await refreshItem(client, id);
        placeRow(client, item);
        rebase(user, purpose, item);
        await client.invalidateQueries({ queryKey: keys.history(id) });
      } catch {
        // The failure itself is on screen already.
      }
    },
  });
}

/** Rejects a question: the marketplace hides it from buyers. */
export function useRejectQuestion(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ text, basis }: { text: string; basis: number }) =>
      intendedOn(`reply.reject.${id}`, { text }, basis, (key, seen) =>
        api.POST("/api/v1/interactions/{id}/reject", {
          body: { text, basis: seen },
          params: { path: { id }, header: { "Idempotency-Key": key } },
        }),
      ),
    onSuccess: async ({ reply, cursor }) => {
      announce(REJECTED_WORDS[reply.state]);
      placeRow(client, await refreshItem(client, id, cursor));
      await client.invalidateQueries({ queryKey: keys.history(id) });
    },
    onError: async () => {
      // What stands there now may be why; the failure itself is on screen already.
      const item = await refreshItem(client, id).catch(() => undefined);
      if (item) placeRow(client, item);
      await client.invalidateQueries({ queryKey: keys.history(id) });
    },
  });
}

/** Whether the text of a reply is to be mended and sent anew. */
export function isBack({ kind, state }: Reply): boolean {
  return kind !== "rejection" && (state === "failed" || state === "rejected" || state === "cancelled");
}

/** Puts a message that did not go out back into the editor, unless the next one is being written there. */
function giveBack({ id, user, purpose, left, draftId, after }: SendReply): void {
  if (unsentText(user, purpose, id)) return;
  keepUnsent(user, purpose, id, { ...left, draftId, baseReplyId: after, baseRevisions: 0 });
}

/** A text that stays for correction now rests on the reply it made: that one is no news to its author. */
function rebase(user: string, purpose: Purpose, item: Interaction): void {
  const unsent = unsentText(user, purpose, item.interaction_id);
  if (!unsent || item.reply?.text.trim() !== unsent.text.trim()) return;
  keepUnsent(user, purpose, item.interaction_id, { ...unsent, baseReplyId: item.reply.reply_id });
}

/** The last send of each item from this tab, by item. */
export function useAttempts(): Map<string, Attempt> {
  const attempts = useMutationState({
    filters: { mutationKey: ["reply"] },
    select: (mutation): Attempt | undefined => {
      const { status, variables, error } = mutation.state;
      if (status === "idle") return undefined;
      return {
        attemptId: mutation.mutationId,
        status,
        sent: variables as SendReply,
        problem: error ? asProblem(error) : undefined,
      };
    },
  });
  const last = new Map<string, Attempt>();
  for (const attempt of attempts) {
    const known = attempt && last.get(attempt.sent.id);
    if (attempt && (!known || known.attemptId < attempt.attemptId)) last.set(attempt.sent.id, attempt);
  }
  return last;
}
