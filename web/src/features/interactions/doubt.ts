/** What reading cannot tell of a reply, a person says: it stands at the marketplace, or it is to be sent again. */
import { useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { announce } from "@/lib/announce";
import { api, intended } from "@/lib/api/client";
import { asProblem } from "@/lib/api/problem";
import { keys, refreshItem } from "@/lib/api/queries";
import type { Interaction } from "@/lib/api/types";
import { placeRow } from "./list/rows";

interface Doubted {
  item: Interaction;
  replyId: string;
}

/** It stands there. */
export function useMarkSent() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ item, replyId }: Doubted) =>
      intended(`reply.mark-sent.${replyId}`, {}, (key) =>
        api.POST("/api/v1/interactions/{id}/replies/{reply_id}/mark-sent", {
          params: {
            path: { id: item.interaction_id, reply_id: replyId },
            header: { "Idempotency-Key": key },
          },
        }),
      ),
    onSuccess: async ({ cursor }, { item }) => {
      announce("Отмечено: ответ дошёл");
      await settle(client, item.interaction_id, cursor);
    },
    onError: (error, { item }) => refused(client, item, error),
  });
}

/** It does not stand there. What came in since this item was shown is for its reader to see first. */
export function useSendAgain() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ item, replyId }: Doubted) =>
      intended(`reply.send-again.${replyId}`, { basis: item.basis }, (key) =>
        api.POST("/api/v1/interactions/{id}/replies/{reply_id}/send-again", {
          params: {
            path: { id: item.interaction_id, reply_id: replyId },
            header: { "Idempotency-Key": key },
          },
          body: { basis: item.basis },
        }),
      ),
    onMutate: () => announce("Отправляется снова"),
    onSuccess: ({ cursor }, { item }) => settle(client, item.interaction_id, cursor),
    onError: (error, { item }) => refused(client, item, error),
  });
}

/** What became of it meanwhile may be why; the failure itself is on screen. */
async function refused(client: QueryClient, item: Interaction, error: unknown): Promise<void> {
  announce(asProblem(error).detail);
  await settle(client, item.interaction_id).catch(() => undefined);
}

async function settle(client: QueryClient, id: string, cursor?: string): Promise<void> {
  const item = await refreshItem(client, id, cursor);
  placeRow(client, item);
  await client.invalidateQueries({ queryKey: keys.history(id) });
}
