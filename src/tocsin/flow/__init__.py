"""The life of one alert, a chapter a file: take, call, respond, close. Start reading here."""
