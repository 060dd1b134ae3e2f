/** Writes on a seller's people, their roles and invitations; after each, what it changes is read again. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, intended, taken } from "@/lib/api/client";
import { keys } from "@/lib/api/queries";
import type { MemberChange, NewInvitation, RoleContent } from "@/lib/api/types";

/** Gives somebody a role, shuts them out or lets them in. One may change what one may do oneself. */
export function useChangePerson(id: string) {
  const read = useRead([keys.people, keys.me]);
  return useMutation({
    mutationFn: (body: MemberChange) =>
      intended(`people.change.${id}`, body, (key) =>
        api.PUT("/api/v1/people/{id}", {
          body,
          params: { path: { id }, header: { "Idempotency-Key": key } },
        }),
      ),
    onSettled: read,
  });
}

/** Invites an address. */
export function useInvite() {
  const read = useRead([keys.invitations]);
  return useMutation({
    mutationFn: (body: NewInvitation) => taken(api.POST("/api/v1/auth/invitations", { body })),
    onSettled: read,
  });
}

/** Takes an invitation back. */
export function useTakeBack(id: string) {
  const read = useRead([keys.invitations]);
  return useMutation({
    mutationFn: () => taken(api.DELETE("/api/v1/auth/invitations/{id}", { params: { path: { id } } })),
    onSettled: read,
  });
}

/** Writes a role of the seller's own: a new one, or another in the place of `id`. */
export function useWriteRole(id?: string) {
  const read = useRead([keys.roles, keys.me]);
  return useMutation({
    mutationFn: (body: RoleContent) =>
      intended(`roles.write.${id ?? "new"}`, body, (key) => {
        const header = { "Idempotency-Key": key };
        return id === undefined
          ? api.POST("/api/v1/roles", { body, params: { header } })
          : api.PUT("/api/v1/roles/{id}", { body, params: { path: { id }, header } });
      }),
    onSettled: read,
  });
}

/** Removes a role that nobody has. */
export function useRemoveRole(id: string) {
  const read = useRead([keys.roles]);
  return useMutation({
    mutationFn: () =>
      intended(`roles.remove.${id}`, null, (key) =>
        api.DELETE("/api/v1/roles/{id}", { params: { path: { id }, header: { "Idempotency-Key": key } } }),
      ),
    onSettled: read,
  });
}

function useRead(what: readonly (readonly string[])[]) {
  const client = useQueryClient();
  return () => Promise.all(what.map((queryKey) => client.invalidateQueries({ queryKey })));
}
