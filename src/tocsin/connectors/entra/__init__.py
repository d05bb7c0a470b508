"""Microsoft Entra: users, applications and their secrets, by Microsoft Graph."""
