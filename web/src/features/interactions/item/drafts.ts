/** Asking for a draft, laying one before all, and taking one away. */
import { useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { placeRow } from "@/features/interactions/list/rows";
import { api, intended, intendedOn } from "@/lib/api/client";
import { asProblem, Problem } from "@/lib/api/problem";
import { keys, refreshItem } from "@/lib/api/queries";
import type { DismissReason, Interaction } from "@/lib/api/types";

function take(client: QueryClient, item: Interaction): void {
  // The feed may have told of more by now, the draft itself above all.
  client.setQueryData<Interaction>(keys.item(item.interaction_id), (known) =>
    known && known.version > item.version ? known : item,
  );
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
    mutationFn: ({ text, basis }: { text: string; basis: number }) =>
      intendedOn(`draft.${id}`, { text }, basis, (key, seen) =>
        api.POST("/api/v1/interactions/{id}/draft", {
          body: { text, basis: seen },
          params: { path: { id }, header: { "Idempotency-Key": key } },
        }),
      ),
    onSuccess: (item) => take(client, item),
    onError: async () => {
      // What stands there now may be why; the failure itself is on screen already.
      const item = await refreshItem(client, id).catch(() => undefined);
      if (item) placeRow(client, item);
    },
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

/** Why a text was not laid before all. Of news the server speaks as to who sends a reply, and nothing was sent here. */
export function keepProblem(error: unknown): Problem {
  const problem = asProblem(error);
  if (problem.code !== "interaction_changed") return problem;
  return new Problem(
    {
      code: problem.code,
      detail: "Покупатель написал ещё или кто-то ответил.",
      system_does: "Черновик не сохранён, текст остаётся у вас.",
      you_can: "Прочтите новое и сохраните черновик ещё раз, если он по-прежнему подходит.",
    },
    problem.status,
    problem.requestId,
  );
}
