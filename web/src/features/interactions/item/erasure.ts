/** Erasing the buyer's data of one item. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, intended } from "@/lib/api/client";
import { forgetPast, refreshItem } from "@/lib/api/queries";
import type { Basis } from "@/components/Erasure";
import { placeRow } from "@/features/interactions/list/rows";

export function useEraseBuyer(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (basis: Basis) =>
      intended(`interactions.erasure.${id}`, basis, (key) =>
        api.POST("/api/v1/interactions/{id}/erasure", {
          body: basis,
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
