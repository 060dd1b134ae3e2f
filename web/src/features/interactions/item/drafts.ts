/** Asking for a draft, laying one before all, and taking one away. */
import { useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { placeRow } from "@/features/interactions/list/rows";
import { api, intended } from "@/lib/api/client";
import { keys } from "@/lib/api/queries";
import type { DismissReason, Interaction } from "@/lib/api/types";

function take(client: QueryClient, item: Interaction): void {
  client.setQueryData(keys.item(item.interaction_id), item);
  placeRow(client, item);
}

/** Has a draft made; `another` where there is one already. */
export function useAskForDraft(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (another: boolean) => {
      const body = { force_regenerate: another };
      return intended(`ai-draft.${id}`, body, (key) =>
        api.POST("/api/v1/interactions/{id}/ai-draft", {
          body,
          params: { path: { id }, header: { "Idempotency-Key": key } },
        }),
      );
    },
    onSuccess: (item) => take(client, item),
  });
}

/** Lays the operator's own text before all who work on the item. */
export function useKeepDraft(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (text: string) => {
      const body = { text };
      return intended(`draft.${id}`, body, (key) =>
        api.POST("/api/v1/interactions/{id}/draft", {
          body,
          params: { path: { id }, header: { "Idempotency-Key": key } },
        }),
      );
    },
    onSuccess: (item) => take(client, item),
  });
}

/** Takes a draft away that is not wanted. */
export function useDismissDraft(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { draft_id: string; reason: DismissReason }) =>
      intended(`dismiss.${id}`, body, (key) =>
        api.POST("/api/v1/interactions/{id}/draft/dismiss", {
          body,
          params: { path: { id }, header: { "Idempotency-Key": key } },
        }),
      ),
    onSuccess: (item) => take(client, item),
  });
}
