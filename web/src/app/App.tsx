/** Providers and routes. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useEffect } from "react";
import { I18nProvider } from "react-aria-components";
import { createBrowserRouter, Navigate, RouterProvider } from "react-router";
import { AccountsPage } from "@/features/accounts/AccountsPage";
import { BulkPage } from "@/features/bulk/BulkPage";
import { BulksPage } from "@/features/bulk/BulksPage";
import { NewBulkPage } from "@/features/bulk/NewBulkPage";
import { ClaimsPage } from "@/features/claims/ClaimsPage";
import { InboxPage } from "@/features/interactions/InboxPage";
import { KnowledgeItemPage, NewKnowledgePage } from "@/features/knowledge/EditPage";
import { ImportPage } from "@/features/knowledge/ImportPage";
import { KnowledgePage } from "@/features/knowledge/KnowledgePage";
import { QuestionsPage } from "@/features/knowledge/QuestionsPage";
import { LogPage } from "@/features/log/LogPage";
import { AnswersPage } from "@/features/quality/AnswersPage";
import { ComparisonPage } from "@/features/quality/ComparisonPage";
import { ComparisonsPage } from "@/features/quality/ComparisonsPage";
import { JudgedPage } from "@/features/quality/JudgedPage";
import { LearningPage } from "@/features/quality/LearningPage";
import { ComplaintsPage } from "@/features/quality/ComplaintsPage";
import { MeasuredPage } from "@/features/quality/MeasuredPage";
import { QualityPage } from "@/features/quality/QualityPage";
import { ReportPage } from "@/features/quality/ReportPage";
import { SendingPage } from "@/features/sending/SendingPage";
import { ForgottenPage } from "@/features/session/ForgottenPage";
import { JoinPage } from "@/features/session/JoinPage";
import { LoginPage } from "@/features/session/LoginPage";
import { RegisterPage } from "@/features/session/RegisterPage";
import { ResetPage } from "@/features/session/ResetPage";
import { AccessPage } from "@/features/settings/access/AccessPage";
import { AutomationPage } from "@/features/settings/automation/AutomationPage";
import { DraftingPage } from "@/features/settings/drafting/DraftingPage";
import { GuardrailsPage } from "@/features/settings/guardrails/GuardrailsPage";
import { NoticesPage } from "@/features/settings/notices/NoticesPage";
import { PeoplePage } from "@/features/settings/people/PeoplePage";
import { SettingsPage } from "@/features/settings/SettingsPage";
import { SlaPage } from "@/features/settings/sla/SlaPage";
import { onSessionLost } from "@/lib/api/client";
import { Problem } from "@/lib/api/problem";
import { keys } from "@/lib/api/queries";
import type { Me } from "@/lib/api/types";
import { NotFound } from "./NotFound";
import { RequireSession } from "./RequireSession";
import { Shell } from "./Shell";

const RETRIES_MAX = 2;

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // A refusal will be the same next time; only a missing or broken answer is worth asking again.
      retry: (failures, error) =>
        failures < RETRIES_MAX && error instanceof Problem && (error.status === 0 || error.status >= 500),
      refetchOnWindowFocus: false,
      staleTime: 5_000,
    },
    mutations: { retry: false },
  },
});

const router = createBrowserRouter([
  { path: "/login", element: <LoginPage /> },
  { path: "/register", element: <RegisterPage /> },
  { path: "/join", element: <JoinPage /> },
  { path: "/forgotten", element: <ForgottenPage /> },
  { path: "/reset", element: <ResetPage /> },
  {
    element: <RequireSession />,
    children: [
      {
        element: <Shell />,
        children: [
          { path: "/", element: <Navigate to="/queue?needs_response=true" replace /> },
          { path: "/queue/:id?", element: <InboxPage /> },
          { path: "/bulk", element: <BulksPage /> },
          { path: "/bulk/new", element: <NewBulkPage /> },
          { path: "/bulk/:id", element: <BulkPage /> },
          { path: "/claims/:id?", element: <ClaimsPage /> },
          { path: "/knowledge", element: <KnowledgePage /> },
          { path: "/knowledge/import", element: <ImportPage /> },
          { path: "/knowledge/questions", element: <QuestionsPage /> },
          { path: "/knowledge/new/:kind", element: <NewKnowledgePage /> },
          { path: "/knowledge/:id", element: <KnowledgeItemPage /> },
          { path: "/quality", element: <QualityPage /> },
          { path: "/quality/items", element: <JudgedPage /> },
          { path: "/quality/report", element: <ReportPage /> },
          { path: "/answers", element: <AnswersPage /> },
          { path: "/answers/items", element: <MeasuredPage /> },
          { path: "/complaints", element: <ComplaintsPage /> },
          { path: "/comparisons", element: <ComparisonsPage /> },
          { path: "/comparisons/:id", element: <ComparisonPage /> },
          { path: "/learning", element: <LearningPage /> },
          { path: "/accounts", element: <AccountsPage /> },
          { path: "/sending", element: <SendingPage /> },
          { path: "/log", element: <LogPage /> },
          { path: "/settings", element: <SettingsPage /> },
          { path: "/settings/access", element: <AccessPage /> },
          { path: "/settings/automation", element: <AutomationPage /> },
          { path: "/settings/drafting", element: <DraftingPage /> },
          { path: "/settings/guardrails", element: <GuardrailsPage /> },
          { path: "/settings/notices", element: <NoticesPage /> },
          { path: "/settings/people", element: <PeoplePage /> },
          { path: "/settings/sla", element: <SlaPage /> },
          { path: "*", element: <NotFound /> },
        ],
      },
    ],
  },
]);

export function App() {
  useEffect(
    () =>
      onSessionLost(() =>
        queryClient.setQueryData<Me | null>(keys.me, (me) => (me === undefined ? me : null)),
      ),
    [],
  );
  return (
    <I18nProvider locale="ru-RU">
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </I18nProvider>
  );
}
