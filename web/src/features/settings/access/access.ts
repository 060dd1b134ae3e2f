/** Writes on one's own sessions, password and tokens; after each, what it changes is read again. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { announce } from "@/lib/announce";
import { api, taken } from "@/lib/api/client";
import { keys } from "@/lib/api/queries";
import type { NewToken, PasswordChange } from "@/lib/api/types";

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

/** Makes a token for a program. */
export function useMakeToken() {
  const read = useRead(keys.tokens);
  return useMutation({
    mutationFn: (body: NewToken) => taken(api.POST("/api/v1/auth/tokens", { body })),
    onSettled: read,
  });
}

/** Takes a token back. */
export function useRevokeToken(id: string) {
  const read = useRead(keys.tokens);
  return useMutation({
    mutationFn: () => taken(api.DELETE("/api/v1/auth/tokens/{id}", { params: { path: { id } } })),
    onSuccess: () => announce("Токен отозван"),
    onSettled: read,
  });
}

function useRead(queryKey: readonly string[] = keys.sessions) {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey });
}
