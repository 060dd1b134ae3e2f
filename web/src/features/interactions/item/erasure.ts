/** Erasing the buyer's data of one item. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, intended } from "@/lib/api/client";
import { forgetPast, refreshItem } from "@/lib/api/queries";
import { placeRow } from "@/features/interactions/list/rows";
import type { Ground } from "@/lib/words";

export interface Erasure {
  ground: Ground;
  reference: string | null;
}

export function useEraseBuyer(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (erasure: Erasure) =>
      intended(`interactions.erasure.${id}`, erasure, (key) =>
        api.POST("/api/v1/interactions/{id}/erasure", {
          body: erasure,
          params: { path: { id }, header: { "Idempotency-Key": key } },
        }),
      ),
    onSuccess: async () => {
      const item = await refreshItem(client, id);
      placeRow(client, item);
      await forgetPast(client, id);
    },
  });
}
