/// What the sample's shop sells, and to whom. Invented; names as they come in real life, with
/// quotes, accents and other scripts.
enum SampleGoods {
    static let products: [(name: String, cents: Int)] = [
        ("Oak bread board", 2_450), ("Enamel mug \"Harbour\"", 895), ("Crème brûlée set", 3_990),
        ("Linen apron, grün", 2_750), ("Świeca zapachowa", 1_290), ("茶壶 / tea pot", 4_200),
        ("Paella pan 34 cm", 3_150), ("Smörgås knife", 680), ("Wool blanket 140 × 200", 6_900),
        ("Jam jar, 6 pieces", 1_140), ("Čajová konvice", 3_475), ("Kitchen scale 5 kg", 2_990),
        ("Cork coaster", 240), ("Bread bin – white", 4_590), ("Piñata \"Estrella\"", 1_860),
        ("Lunch box 弁当", 2_180), ("Candle holder, brass", 1_725), ("Garden twine 100 m", 560),
        ("Doormat \\ coir", 1_995), ("Hand soap: lavender & thyme", 725),
    ]

    static let customers = [
        "A. Lindqvist", "B. O'Rourke", "陈晓明", "D. Müller", "E. Nováková", "F. García",
        "G. Yılmaz", "H. Dupré", "I. Papadopoulou", "J. Smith", "K. Ødegård", "L. Wójcik",
    ]

    static let promotions = ["Early winter", "Küche & Herd", "二人份早餐"]
}
