"""An .env as somebody has it who has filled in what deploy/.env.example asks for."""

from e2e.deploy.compose import EXAMPLE, fill, read_environment

SECRETS = {
    "P2PCHAT_JWT_SECRET": "thirty-two bytes and a few more of it",
    "P2PCHAT_TURN_SECRET": "sixteen bytes and a few more",
    "POSTGRES_PASSWORD": "0123456789abcdef",
}
SUGGESTED = read_environment(EXAMPLE.read_text(encoding="utf-8"))
FILLED: dict[str, str] = fill({**SUGGESTED, **SECRETS}, SECRETS)
