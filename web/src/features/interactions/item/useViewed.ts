/** Opening an item: its marketplace is told, where it wants to know. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, intended } from "@/lib/api/client";
import { keys } from "@/lib/api/queries";
import type { Interaction } from "@/lib/api/types";

export function useViewed({ interaction_id: id, unviewed }: Interaction, mayAnswer: boolean) {
  const client = useQueryClient();
  // A mark that cannot be made is no trouble of the operator's: the next opening tries again.
  const { mutate } = useMutation({
    mutationFn: () =>
      intended(`interactions.viewed.${id}`, {}, (key) =>
        api.POST("/api/v1/interactions/{id}/viewed", {
          params: { path: { id }, header: { "Idempotency-Key": key } },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.item(id) }),
  });
  useEffect(() => {
    if (unviewed && mayAnswer) mutate();
  }, [unviewed, mayAnswer, mutate]);
}
