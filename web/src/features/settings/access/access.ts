/** Writes on one's own sessions and password; after each, the sessions are read again. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { announce } from "@/lib/announce";
import { api, taken } from "@/lib/api/client";
import { keys } from "@/lib/api/queries";
import type { PasswordChange } from "@/lib/api/types";

/** Ends a session of one's own. */
export function useEndSession(id: string) {
  const read = useRead();
  return useMutation({
    mutationFn: () => taken(api.DELETE("/api/v1/auth/sessions/{id}", { params: { path: { id } } })),
    onSuccess: () => announce("Сеанс завершён"),
    onSettled: read,
  });
}

/** Ends all of them but this one. */
export function useEndOthers() {
  const read = useRead();
  return useMutation({
    mutationFn: () => taken(api.POST("/api/v1/auth/sessions/end-others")),
    onSuccess: () => announce("Остальные сеансы завершены"),
    onSettled: read,
  });
}

/** Changes the password, which ends all of them but this one. */
export function useChangePassword() {
  const read = useRead();
  return useMutation({
    mutationFn: (body: PasswordChange) => taken(api.POST("/api/v1/auth/password", { body })),
    onSettled: read,
  });
}

function useRead() {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: keys.sessions });
}
