"""What a tired person sees and presses: pages made on the server, live with script, whole without it."""
