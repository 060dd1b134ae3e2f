/** Signing in, up and out. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate, useSearchParams } from "react-router";
import { api, taken } from "@/lib/api/client";
import { keys } from "@/lib/api/queries";
import type { Me } from "@/lib/api/types";

export interface Credentials {
  email: string;
  password: string;
}

export interface Registration extends Credentials {
  company: string;
}

/** Signs in and goes back to where the person was. */
export function useLogin() {
  const enter = useEnter();
  return useMutation({
    mutationFn: (body: Credentials) =>
      taken(api.POST("/api/v1/auth/login", { body: { ...body, session: "cookie" } })),
    onSuccess: enter,
  });
}

/** Makes a seller and its first user, and signs them in. */
export function useRegister() {
  const enter = useEnter();
  return useMutation({
    mutationFn: (body: Registration) =>
      taken(api.POST("/api/v1/auth/register", { body: { ...body, session: "cookie" } })),
    onSuccess: enter,
  });
}

/** Comes in by an invitation, with a password of one's own. */
export function useAccept() {
  const enter = useEnter();
  return useMutation({
    mutationFn: (body: { token: string; password: string }) =>
      taken(api.POST("/api/v1/auth/invitations/accept", { body: { ...body, session: "cookie" } })),
    onSuccess: enter,
  });
}

/** Asks for a link to choose another password by. */
export function useForgotten() {
  return useMutation({
    mutationFn: (email: string) => taken(api.POST("/api/v1/auth/password/forgotten", { body: { email } })),
  });
}

/** Chooses another password by a link. */
export function useReset() {
  return useMutation({
    mutationFn: (body: { token: string; password: string }) =>
      taken(api.POST("/api/v1/auth/password/reset", { body })),
  });
}

/** What a link carries behind `#`, which no server is told. */
export function tokenOf(hash: string): string {
  return hash.replace(/^#/, "");
}

/** Whether the person was sent here because the session ended. */
export function useIsExpired(): boolean {
  const state: unknown = useLocation().state;
  return typeof state === "object" && state !== null && "expired" in state && state.expired === true;
}

/** Where to go after signing in: a path of this console, never another site. */
export function safeNext(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : "/";
}

function useEnter() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [params] = useSearchParams();
  return (me: Me) => {
    // What another person saw in this tab is not for this one.
    client.clear();
    client.setQueryData<Me>(keys.me, { user: me.user, seller: me.seller, permissions: me.permissions });
    void navigate(safeNext(params.get("next")), { replace: true });
  };
}
