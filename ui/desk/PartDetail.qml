// One device: how it is, what one sees there, what a person does there, what can go wrong.
import QtQuick
import "../components"

Levers {
    id: detail
    required property var desk
    required property var part
    readonly property var look: desk.looks[part.part]
    title: part.title
    icon: part.icon
    acts: part.acts
    levers: part.levers
    sighted: part.films || part.shows || part.presses || part.lights
    wellText: desk.words["well"]
    word: look ? look.word : ""
    tone: look ? look.tone : "good"
    line: look ? look.line : ""
    stand: look ? look.stand : []
    onPressed: key => detail.desk.press(part.part, key)
    onWell: detail.desk.well(part.part)

    Rectangle {                           // what it films
        visible: detail.part.films
        width: Math.min(parent.width, 240)
        height: width * 0.75
        radius: 10
        color: "#0B1728"
        Label {
            anchors.centerIn: parent
            visible: film.source.toString().length === 0
            text: detail.desk.words["lens off"]
            font.pixelSize: 13
            color: Theme.whiteSoft
        }
        Image {
            id: film
            objectName: "film"
            anchors { fill: parent; margins: 4 }
            fillMode: Image.PreserveAspectFit
            source: detail.look && detail.look.film ? "image://out/" + detail.look.film : ""
            Accessible.role: Accessible.Graphic
            Accessible.name: detail.desk.words["film"]
        }
    }
    Row {                                 // what is held before it
        visible: detail.part.shows
        width: parent.width
        spacing: 8
        CodeField {
            id: code
            objectName: "code.text"
            width: parent.width - show.width - (remove.visible ? remove.width + 8 : 0) - 8
            Accessible.name: detail.desk.words["code"]
        }
        DeskButton {
            id: show
            objectName: "code.show"
            text: detail.desk.words["show"]
            iconName: "scan"
            enabled: code.text.length > 0
            primary: true
            onClicked: detail.desk.show(code.text)
        }
        DeskButton {
            id: remove
            objectName: "code.remove"
            visible: detail.part.removes
            text: detail.desk.words["remove"]
            onClicked: detail.desk.remove()
        }
    }
    Pad {
        visible: detail.part.presses
        width: Math.min(parent.width, 320)
        words: detail.desk.words
        entering: detail.look ? detail.look.entering : false
        digits: detail.look ? detail.look.digits : 0
        onPressed: key => detail.desk.pressKey(key)
    }
    Flow {                                // which guide lights shine
        visible: detail.part.lights
        width: parent.width
        spacing: 6
        Label {
            height: 26
            text: detail.desk.words["lights"]
            font.pixelSize: 13
            color: Theme.soft
            wrapMode: Text.NoWrap
            verticalAlignment: Text.AlignVCenter
        }
        Label {
            visible: lamps.count === 0
            height: 26
            text: detail.desk.words["dark"]
            font.pixelSize: 13
            color: Theme.faint
            wrapMode: Text.NoWrap
            verticalAlignment: Text.AlignVCenter
        }
        Repeater {
            id: lamps
            model: detail.look ? detail.look.lamps : []
            Lamp {
                required property var modelData
                text: modelData.text
                colour: modelData.colour
                flashes: modelData.flashes
            }
        }
    }
}
