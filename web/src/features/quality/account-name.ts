/** How accounts are called. */
import { useQuery } from "@tanstack/react-query";
import { accountsQuery } from "@/lib/api/queries";

/** Tells how an account is called by its id. */
export function useAccountName(): (id: string) => string {
  const accounts = useQuery(accountsQuery).data;
  return (id) => accounts?.find((account) => account.account_id === id)?.name ?? "Кабинет";
}
