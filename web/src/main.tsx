/** Entry of the console. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "@/app/App";
import { applyTheme, chosenTheme } from "@/lib/theme";
import "@/app/tokens.css";
import "@/app/base.css";

applyTheme(chosenTheme());

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
