/** What is read of a seller's people, and of programs that call for them. */
import { queryOptions } from "@tanstack/react-query";
import { api, taken } from "./client";
import { keys } from "./queries";
import type { InvitationList, OpenInvitation, PersonList, RoleList, TokenList } from "./types";

/** The seller's people. */
export const peopleQuery = queryOptions({
  queryKey: keys.people,
  queryFn: ({ signal }): Promise<PersonList> => taken(api.GET("/api/v1/people", { signal })),
  staleTime: 0,
});

/** What people may be given. */
export const rolesQuery = queryOptions({
  queryKey: keys.roles,
  queryFn: ({ signal }): Promise<RoleList> => taken(api.GET("/api/v1/roles", { signal })),
  staleTime: 0,
});

/** Who is invited. */
export const invitationsQuery = queryOptions({
  queryKey: keys.invitations,
  queryFn: ({ signal }): Promise<InvitationList> => taken(api.GET("/api/v1/auth/invitations", { signal })),
  staleTime: 0,
});

/** One's tokens for programs. */
export const tokensQuery = queryOptions({
  queryKey: keys.tokens,
  queryFn: ({ signal }): Promise<TokenList> => taken(api.GET("/api/v1/auth/tokens", { signal })),
  staleTime: 0,
});

/** What a link invites to; it is asked once, since each look is counted. */
export const openInvitationQuery = (token: string) =>
  queryOptions({
    queryKey: keys.openInvitation(token),
    queryFn: ({ signal }): Promise<OpenInvitation> =>
      taken(api.POST("/api/v1/auth/invitations/look", { body: { token }, signal })),
    staleTime: Infinity,
    gcTime: 0,
  });
