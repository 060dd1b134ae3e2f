/** Writes on accounts; each answer is the account as it now is. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, intended } from "@/lib/api/client";
import { keys } from "@/lib/api/queries";
import type { Account } from "@/lib/api/types";
import type { NewAccount, NewKey } from "./keys";

/** Connects an account of a marketplace. */
export function useConnect() {
  const place = usePlace();
  return useMutation({
    mutationFn: (body: NewAccount) =>
      intended("accounts.connect", body, (key) =>
        api.POST("/api/v1/accounts", { body, params: { header: { "Idempotency-Key": key } } }),
      ),
    onSuccess: place,
  });
}

/** Asks the marketplace what a key opens; nothing is connected. */
export function useExamine() {
  return useMutation({
    mutationFn: (body: NewKey) =>
      intended("accounts.examine", body, (key) =>
        api.POST("/api/v1/accounts/check", { body, params: { header: { "Idempotency-Key": key } } }),
      ),
  });
}

/** Asks the marketplace whether the token still works. */
export function useCheck(id: string) {
  const place = usePlace();
  return useMutation({
    mutationFn: () =>
      intended(`accounts.check.${id}`, null, (key) =>
        api.POST("/api/v1/accounts/{account_id}/check", {
          params: { path: { account_id: id }, header: { "Idempotency-Key": key } },
        }),
      ),
    onSuccess: place,
  });
}

/** Reads new items now rather than at the next turn. */
export function useSync(id: string) {
  const place = usePlace();
  return useMutation({
    mutationFn: () =>
      intended(`accounts.sync.${id}`, null, (key) =>
        api.POST("/api/v1/accounts/{account_id}/sync", {
          params: { path: { account_id: id }, header: { "Idempotency-Key": key } },
        }),
      ),
    onSuccess: place,
  });
}

/** Puts a new token in place of the old one. */
export function useReplaceToken(id: string) {
  const place = usePlace();
  return useMutation({
    mutationFn: (token: string) =>
      intended(`accounts.credential.${id}`, { token }, (key) =>
        api.PUT("/api/v1/accounts/{account_id}/credential", {
          body: { token },
          params: { path: { account_id: id }, header: { "Idempotency-Key": key } },
        }),
      ),
    onSuccess: place,
  });
}

/** Makes an address for notifications, in place of the one before. */
export function useRenewNotifications(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () =>
      intended(`accounts.notifications.${id}`, null, (key) =>
        api.POST("/api/v1/accounts/{account_id}/notifications", {
          params: { path: { account_id: id }, header: { "Idempotency-Key": key } },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.notifications(id) }),
  });
}

/** Tries again to read what could not be read. */
export function useRetryUnread(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () =>
      intended(`accounts.unread.${id}`, null, (key) =>
        api.POST("/api/v1/accounts/{account_id}/unread-items/retry", {
          params: { path: { account_id: id }, header: { "Idempotency-Key": key } },
        }),
      ),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: keys.accounts });
      void client.invalidateQueries({ queryKey: keys.interactions });
    },
  });
}

function usePlace() {
  const client = useQueryClient();
  return (account: Account) => {
    client.setQueryData<Account[]>(keys.accounts, (accounts) => {
      if (!accounts?.some((known) => known.account_id === account.account_id))
        return [...(accounts ?? []), account];
      return accounts.map((known) => (known.account_id === account.account_id ? account : known));
    });
    void client.invalidateQueries({ queryKey: keys.accounts });
    void client.invalidateQueries({ queryKey: keys.interactions });
  };
}
