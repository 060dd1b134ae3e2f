/** Writes on whoever hears of alerts outside the console; after each, the list is read again. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, intended } from "@/lib/api/client";
import { keys } from "@/lib/api/queries";
import type { NewRecipient, RecipientChange } from "@/lib/api/types";

/** Enters a recipient. */
export function useEnter() {
  const read = useRead();
  return useMutation({
    mutationFn: (body: NewRecipient) =>
      intended("recipients.enter", body, (key) =>
        api.POST("/api/v1/seller/recipients", { body, params: { header: { "Idempotency-Key": key } } }),
      ),
    onSuccess: read,
  });
}

/** Changes what a recipient hears of, and when. */
export function useChange(id: string) {
  const read = useRead();
  return useMutation({
    mutationFn: (body: RecipientChange) =>
      intended(`recipients.change.${id}`, body, (key) =>
        api.PUT("/api/v1/seller/recipients/{id}", {
          body,
          params: { path: { id }, header: { "Idempotency-Key": key } },
        }),
      ),
    onSuccess: read,
  });
}

/** Forgets a recipient. */
export function useForget(id: string) {
  const read = useRead();
  return useMutation({
    mutationFn: () =>
      intended(`recipients.forget.${id}`, null, (key) =>
        api.DELETE("/api/v1/seller/recipients/{id}", {
          params: { path: { id }, header: { "Idempotency-Key": key } },
        }),
      ),
    onSuccess: read,
  });
}

/** Sends a recipient a message that says nothing but that it arrives. */
export function useTest(id: string) {
  const read = useRead();
  return useMutation({
    mutationFn: () =>
      intended(`recipients.test.${id}`, null, (key) =>
        api.POST("/api/v1/seller/recipients/{id}/test", {
          params: { path: { id }, header: { "Idempotency-Key": key } },
        }),
      ),
    onSettled: read,
  });
}

function useRead() {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: keys.recipients });
}
