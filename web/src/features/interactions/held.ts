/** What is held: taken back, or sent without waiting for its time. */
import { useMutation, useMutationState, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { announce } from "@/lib/announce";
import { api, intended } from "@/lib/api/client";
import { asProblem } from "@/lib/api/problem";
import { keys, refreshItem } from "@/lib/api/queries";
import type { Interaction, Reply, ReplyAccepted } from "@/lib/api/types";
import { placeRow } from "./list/rows";
import { keptFiles } from "./files";
import type { SendReply } from "./replies";
import { keepUnsent, unsentText } from "./unsent";

interface Held {
  id: string;
  user: string;
  reply: Reply;
}

const CANCEL = ["reply-cancel"];
const RELEASE = ["reply-release"];

/** Takes back what is held: its text comes into the editor. */
export function useCancelReply() {
  const client = useQueryClient();
  return useMutation({
    mutationKey: CANCEL,
    mutationFn: ({ id, reply }: Held) =>
      intended(`reply.cancel.${reply.reply_id}`, {}, (key) =>
        api.POST("/api/v1/interactions/{id}/replies/{reply_id}/cancel", {
          params: { path: { id, reply_id: reply.reply_id }, header: { "Idempotency-Key": key } },
        }),
      ),
    onSuccess: async ({ cursor }, { id, user, reply }) => {
      announce("Отправка отменена");
      const item = await settle(client, id, cursor);
      giveBack(item, user, reply);
    },
    onError: async (error, { id }) => {
      announce(`Отправка не отменена. ${asProblem(error).detail}`);
      // What became of it meanwhile may be why; the failure itself is on screen.
      await settle(client, id).catch(() => undefined);
    },
  });
}

/** Sends what is held now. */
export function useReleaseReply() {
  const client = useQueryClient();
  return useMutation({
    mutationKey: RELEASE,
    mutationFn: ({ id, reply }: Held) =>
      intended(`reply.release.${reply.reply_id}`, {}, (key) =>
        api.POST("/api/v1/interactions/{id}/replies/{reply_id}/release", {
          params: { path: { id, reply_id: reply.reply_id }, header: { "Idempotency-Key": key } },
        }),
      ),
    onMutate: () => announce("Отправляется"),
    onSuccess: ({ cursor }, { id }) => settle(client, id, cursor),
    onError: (_, { id }) => settle(client, id).catch(() => undefined),
  });
}

/** The last reply sent from this tab that can still be taken back. */
export function useLastHeld(now: number): { sent: SendReply; reply: Reply } | undefined {
  const sent = useMutationState({
    filters: { mutationKey: ["reply"], status: "success" },
    select: ({ state }) => ({
      sent: state.variables as SendReply,
      reply: (state.data as ReplyAccepted).reply,
    }),
  });
  const ended = useMutationState({
    filters: {
      predicate: ({ options, state }) =>
        state.status !== "error" && (options.mutationKey === CANCEL || options.mutationKey === RELEASE),
    },
    select: ({ state }) => (state.variables as Held).reply.reply_id,
  });
  const last = sent.at(-1);
  if (last?.reply.state !== "held" || ended.includes(last.reply.reply_id)) return undefined;
  return Date.parse(last.reply.held_until ?? "") > now ? last : undefined;
}

async function settle(client: QueryClient, id: string, cursor?: string): Promise<Interaction> {
  const item = await refreshItem(client, id, cursor);
  placeRow(client, item);
  await client.invalidateQueries({ queryKey: keys.history(id) });
  return item;
}

/** Of a review or question the refused text stands in the editor anyway; in a chat it is put there. */
function giveBack(item: Interaction, user: string, reply: Reply): void {
  if (!item.chat || unsentText(user, "answer", item.interaction_id)) return;
  keepUnsent(user, "answer", item.interaction_id, {
    text: reply.text,
    files: keptFiles(reply),
    baseReplyId: reply.reply_id,
    baseRevisions: item.content.revisions,
  });
}
