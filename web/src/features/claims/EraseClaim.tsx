/** Erases the data of a claim's buyer for good. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { EraseButton, type Basis } from "@/components/Erasure";
import { api, intended } from "@/lib/api/client";
import { keys } from "@/lib/api/queries";
import type { Claim } from "@/lib/api/types";

export function EraseClaim({ claim: { claim_id: id } }: { claim: Claim }) {
  const client = useQueryClient();
  const erase = useMutation({
    mutationFn: (basis: Basis) =>
      intended(`claims.erasure.${id}`, basis, (key) =>
        api.POST("/api/v1/claims/{id}/erasure", {
          body: basis,
          params: { path: { id }, header: { "Idempotency-Key": key } },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.claims }),
  });
  return (
    <EraseButton erase={erase}>
      Слова покупателя, фотографии, видео и ответ на эту заявку будут удалены отовсюду, включая журнал
      событий. Отменить это нельзя. На площадке заявка останется.
    </EraseButton>
  );
}
