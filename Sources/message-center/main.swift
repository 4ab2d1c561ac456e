print("message-center")
