// The three pages for people who are not signed in.
import type { Page } from "@playwright/test";

class Entrance {
  readonly username;
  readonly password;
  readonly submit;

  constructor(
    protected readonly page: Page,
    button: string,
  ) {
    this.username = page.getByLabel("Username", { exact: true });
    this.password = page.getByLabel("Password", { exact: true });
    this.submit = page.getByRole("button", { name: button, exact: true });
  }

  async signIn(username: string, password: string): Promise<void> {
    await this.username.fill(username);
    await this.password.fill(password);
    await this.submit.click();
  }
}

/** A page that makes an account asks for a name too. */
class NewAccount extends Entrance {
  async create(name: string, username: string, password: string): Promise<void> {
    await this.page.getByLabel("Name", { exact: true }).fill(name);
    await this.signIn(username, password);
  }
}

export class SetupPage extends NewAccount {
  constructor(page: Page) {
    super(page, "Create the first account");
  }
}

export class JoinPage extends NewAccount {
  constructor(page: Page) {
    super(page, "Join");
  }
}

export class SignInPage extends Entrance {
  constructor(page: Page) {
    super(page, "Sign in");
  }
}
